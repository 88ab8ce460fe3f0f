-- category_labels (temporary). Grain: one row per category path of a line or SKU, as sold: the label of the
-- settings. catalogue (temporary). Grain: one row per SKU with its label, for what a line itself does not say.
create or replace temp table category_labels as
with paths as (
    select category_path_ids as path_ids, category_names as path_names
    from order_items
    where store = getvariable('store') and len(category_path_ids) > 0
    union
    select category_path_ids as path_ids, category_names as path_names
    from skus
    where store = getvariable('store') and len(category_path_ids) > 0
),

steps as (
    select
        path_ids,
        path_names,
        unnest(path_ids) as category_id,
        unnest(path_names) as name_as_sold,
        generate_subscripts(path_ids, 1) as step
    from paths
),

named_paths as (
    select
        steps.path_ids,
        steps.path_names,
        list(
            coalesce(steps.name_as_sold, categories.category, steps.category_id)
            order by steps.step
        ) as names
    from steps
    left join categories
        on categories.store = getvariable('store')
        and categories.category_id = steps.category_id
    group by steps.path_ids, steps.path_names
)

select
    path_ids,
    path_names,
    case getvariable('category_label')
        when 'path' then array_to_string(names, ' > ')
        when 'department' then names[1]
        else names[-1]
    end as category
from named_paths;

create or replace temp table catalogue as
select
    skus.sku,
    skus.product,
    nullif(skus.sku_name, skus.product) as sku_name,
    skus.product_id,
    skus.ref_id,
    coalesce(skus.brand, brands.brand) as brand,
    category_labels.category
from skus
left join brands on brands.store = skus.store and brands.brand_id = skus.brand_id
left join category_labels
    on category_labels.path_ids = skus.category_path_ids
    and category_labels.path_names is not distinct from skus.category_names
where skus.store = getvariable('store');
