-- purchase_lines. Grain: one row per order line that counts: no gifts, quantity above 0. Names as sold
-- come first, then the catalogue's; what still has no name shows its id. Clustered by customer, so that a
-- part of the customers is read without the others.
insert into purchase_lines by name
with sold as (
    select
        made_purchases.purchase_no,
        made_purchases.customer_key,
        order_items.order_id,
        order_items.line_no,
        order_items.sku,
        order_items.quantity,
        order_items.amount_cents,
        coalesce(order_items.product, skus.product) as product_name,
        coalesce(order_items.product_id, skus.product_id) as product_id,
        coalesce(order_items.ref_id, skus.ref_id) as ref_id,
        coalesce(order_items.brand, skus.brand, brands.brand) as brand,
        order_items.category as category_as_sold,
        case
            when len(order_items.category_path_ids) > 0 then order_items.category_path_ids
            else skus.category_path_ids
        end as path_ids,
        case
            when len(order_items.category_path_ids) > 0 then order_items.category_names
            else skus.category_names
        end as path_names
    from made_purchases
    inner join judged_orders on judged_orders.purchase_id = made_purchases.purchase_id
    inner join items_to_sell as order_items on order_items.order_id = judged_orders.order_id
    left join skus on skus.store = order_items.store and skus.sku = order_items.sku
    left join brands on brands.store = skus.store and brands.brand_id = skus.brand_id
    where judged_orders.is_purchase
        and not order_items.is_gift
        and order_items.quantity > 0
),

paths as (
    select distinct path_ids, path_names
    from sold
    where len(path_ids) > 0
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
    getvariable('store') as store,
    sold.purchase_no,
    sold.customer_key,
    case getvariable('product_label')
        when 'name' then coalesce(product_name, product_id, sku)
        when 'ref_id' then coalesce(ref_id, product_id, sku)
        else coalesce(product_id, sku)
    end as product,
    case
        when named_paths.names is null then category_as_sold
        when getvariable('category_label') = 'path' then array_to_string(named_paths.names, ' > ')
        when getvariable('category_label') = 'department' then named_paths.names[1]
        else named_paths.names[-1]
    end as category,
    brand,
    quantity,
    amount_cents
from sold
left join named_paths
    on named_paths.path_ids = sold.path_ids
    and named_paths.path_names is not distinct from sold.path_names
order by sold.customer_key, sold.purchase_no;
