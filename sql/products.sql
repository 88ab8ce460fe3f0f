-- name: sold_items
-- item_codes (temporary). Grain: one row per thing of the store, with the number of its SKU, or of its product without one.
-- sold_items (temporary). Grain: one row per such item, in the order of these numbers from 0; product and category are
-- numbers of the vocabularies, of the newest purchase. An item is available while its product has a SKU that is
-- active in the catalogue and not known to be sold out; all are where there is no catalogue.
create or replace temp table item_codes as
select
    thing_no,
    coalesce(sku, product) as item,
    (dense_rank() over (order by coalesce(sku, product)) - 1)::integer as code
from sold_things
where store = getvariable('store') and coalesce(sku, product) is not null;

create or replace temp table sold_items as
with newest as (
    select item_codes.code, arg_max(lines.thing_no, (lines.newest_no, lines.thing_no)) as thing_no
    from (
        select thing_no, max(purchase_no) as newest_no
        from numbered_lines
        where store = getvariable('store')
        group by thing_no
    ) as lines
    inner join item_codes on item_codes.thing_no = lines.thing_no
    group by item_codes.code
),

items as (
    select distinct code, item
    from item_codes
),

buyable as (
    select
        skus.sku,
        bool_or(coalesce(skus.is_active, false) and coalesce(stock.is_available, true))
            over (partition by coalesce(skus.product_id, skus.sku)) as is_available
    from skus
    left join stock on stock.store = skus.store and stock.sku = skus.sku
    where skus.store = getvariable('store')
)

select
    items.item,
    items.code,
    thing_codes.product,
    thing_codes.category,
    coalesce(
        buyable.is_available, not exists (from skus where store = getvariable('store'))
    ) as is_available
from items
left join newest on newest.code = items.code
left join thing_codes on thing_codes.thing_no = newest.thing_no
left join buyable on buyable.sku = items.item;

-- name: items
-- What was sold, in the order of the codes. Grain: one row per item.
select item, product, category, coalesce(is_available, false) as is_available
from sold_items
order by code;

-- name: bought
-- Which items customers bought, and when. Grain: one row per line of a purchase of a customer of a part.
select lines.customer_key, item_codes.code as item, purchases.purchased_on
from numbered_lines as lines
inner join (
    select purchase_no, purchased_on
    from purchases
    where store = getvariable('store')
        and customer_key between getvariable('first_key') and getvariable('last_key')
) as purchases on purchases.purchase_no = lines.purchase_no
inner join item_codes on item_codes.thing_no = lines.thing_no
where lines.store = getvariable('store')
    and lines.customer_key between getvariable('first_key') and getvariable('last_key')
    and lines.customer_key not in (
        select customer_key from customers
        where store = getvariable('store') and deleted_at is not null
    );

-- name: kept_lists
-- The next best products that the kept profiles have, as numbers of the vocabulary; what is no longer available is left
-- out. Grain: one row per customer with a list, an empty one too; none where no lists were computed.
-- What was sold under a name is called as the newest purchase of its SKU: the same while any of its SKUs is called so.
with products as (
    select
        things.product as text,
        arg_min(items.product, (items.product <> thing_codes.product, items.code)) as code
    from sold_things as things
    inner join thing_codes on thing_codes.thing_no = things.thing_no
    inner join item_codes on item_codes.thing_no = things.thing_no
    inner join sold_items as items on items.code = item_codes.code
    where things.store = getvariable('store')
        and items.product in (select product from sold_items where is_available)
    group by things.product
),

texts as (
    select coalesce(list(products.code order by profile_texts.code), []) as codes
    from profile_texts
    left join products on products.text = profile_texts.text
    where profile_texts.store = getvariable('store')
)

select
    customer_key,
    list_filter(
        list_select(codes, next_best_products),
        lambda code, place: code is not null
            and list_position(list_select(codes, next_best_products), code) = place
    ) as next_best_products
from (
    from coded_profiles
    union all by name
    select null::uinteger[] as next_best_products
    where false
), texts
where store = getvariable('store') and next_best_products is not null;

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
