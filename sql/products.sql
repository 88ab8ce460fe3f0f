-- name: sold_items
-- sold_items (temporary). Grain: one row per SKU that anybody bought, or product without one, numbered in their order from
-- 0; product and category are numbers of the vocabularies, of the newest purchase. An item is available while its
-- product has an active SKU in the catalogue; all are where there is no catalogue.
create or replace temp table sold_items as
with things as (
    select coalesce(sku, product) as item, product, category, max(purchase_no) as newest_no
    from purchase_lines
    where store = getvariable('store') and coalesce(sku, product) is not null
    group by item, product, category
),

newest as (
    select item, arg_max(row(product, category), (newest_no, product, category)) as thing
    from things
    group by item
),

active as (
    select distinct product_id
    from skus
    where store = getvariable('store') and is_active
)

select
    newest.item,
    (row_number() over (order by newest.item) - 1)::integer as code,
    product_texts.code as product,
    category_texts.code as category,
    coalesce(skus.is_active, false)
    or skus.product_id in (from active)
    or not exists (from skus where store = getvariable('store')) as is_available
from newest
left join product_texts on product_texts.product = newest.thing[1]
left join category_texts on category_texts.category = newest.thing[2]
left join skus on skus.store = getvariable('store') and skus.sku = newest.item;

-- name: items
-- What was sold, in the order of the codes. Grain: one row per item.
select item, product, category, coalesce(is_available, false) as is_available
from sold_items
order by code;

-- name: bought
-- Which items customers bought, and when. Grain: one row per line of a purchase of a customer of a part.
select purchase_lines.customer_key, sold_items.code as item, purchases.purchased_on
from purchase_lines
inner join purchases
    on purchases.store = purchase_lines.store
    and purchases.purchase_no = purchase_lines.purchase_no
inner join sold_items on sold_items.item = coalesce(purchase_lines.sku, purchase_lines.product)
where purchase_lines.store = getvariable('store')
    and purchase_lines.customer_key between getvariable('first_key') and getvariable('last_key')
    and purchase_lines.customer_key not in (
        select customer_key from customers
        where store = getvariable('store') and deleted_at is not null
    );

-- name: kept_lists
-- The next best products that the kept profiles have, as numbers of the vocabulary; what is no longer available is left
-- out. Grain: one row per customer.
with texts as (
    select coalesce(list(product_texts.code order by profile_texts.code), []) as codes
    from profile_texts
    left join product_texts
        on product_texts.product = profile_texts.text
        and product_texts.code in (select product from sold_items where is_available)
    where profile_texts.store = getvariable('store')
)

select
    customer_key,
    list_filter(
        list_select(codes, next_best_products), lambda code: code is not null
    ) as next_best_products
from coded_profiles, texts
where store = getvariable('store');

-- name: newest_hit_rates
-- The newest back-test of next best products up to as_of. Grain: one row per metric and baseline.
select * exclude (store)
from prediction_backtests
where store = getvariable('store')
    and model = getvariable('model')
    and as_of = (
        select max(as_of)
        from prediction_backtests
        where store = getvariable('store')
            and model = getvariable('model')
            and as_of <= getvariable('as_of')::date
    );

-- name: replace_hit_rates
-- prediction_backtests of next best products of one day, from the registered frame `incoming`.
delete from prediction_backtests
where store = getvariable('store')
    and model = getvariable('model')
    and as_of = getvariable('as_of')::date;

insert into prediction_backtests by name
select
    getvariable('store') as store,
    getvariable('as_of')::date as as_of,
    getvariable('model') as model,
    *
from incoming;

-- name: replace_replenishment
-- replenishment of one store, from the registered frame `incoming`.
delete from replenishment where store = getvariable('store');

insert into replenishment by name
select getvariable('store') as store, getvariable('as_of')::date as as_of, *
from incoming;
