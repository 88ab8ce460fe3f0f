-- name: profiles
-- listed (temporary view): the next best products of every profile of the store, as codes of profile_texts; empty where no
-- lists were computed (switched off, of a lake, of an older version).
create or replace temp view listed as
select customer_key, next_best_products as codes
from (
    from coded_profiles
    union all by name
    select null::uinteger[] as next_best_products
    where false
)
where store = getvariable('store') and next_best_products is not null;

-- name: no_profiles
-- The same before the first profiles.
create or replace temp view listed as
select null::bigint as customer_key, null::uinteger[] as codes
where false;

-- name: to_push
-- sold_as (temporary). Grain: one row per thing that was sold; product_now is its name in the newest purchase of its SKU (of
-- the product, where there is no SKU). Lists use the same names.
-- offered_products (temporary). Grain: one row per current product name. It is represented by its first SKU that can be bought,
-- not by the SKU sold last, so that a list changes with the catalogue and not with every sale.
-- next_best_to_push (temporary). Grain: one row per customer: next best products, the likeliest first, and whether each was
-- bought before; customers whose list the platform has and who have none now are is_over. Where no lists were computed, only
-- those who are no customers any more (merged into another one, deleted) are.
-- With is_by_email nobody without an address has a list.
create or replace temp table sold_as as
with newest as (
    select thing_no, max(purchase_no) as newest_no
    from numbered_lines
    where store = getvariable('store')
    group by thing_no
)

select
    things.*,
    newest.newest_no,
    first_value(things.product) over (
        partition by coalesce(things.sku, things.product)
        order by newest.newest_no desc, things.product, things.category, things.brand
    ) as product_now
from sold_things as things
inner join newest on newest.thing_no = things.thing_no
where things.store = getvariable('store');

create or replace temp table offered_products as
with representatives as (
    select
        sold_as.product,
        coalesce(sold_as.product_id, skus.product_id) as product_id,
        sold_as.sku,
        sold_as.category,
        sold_as.brand,
        skus.detail_url,
        skus.image_url
    from sold_as
    left join skus on skus.store = sold_as.store and skus.sku = sold_as.sku
    left join stock on stock.store = sold_as.store and stock.sku = sold_as.sku
    where sold_as.product = sold_as.product_now
    qualify row_number() over (
        partition by sold_as.product
        order by
            coalesce(skus.is_active, false) and coalesce(stock.is_available, true) desc,
            len(sold_as.sku), sold_as.sku, sold_as.newest_no desc, sold_as.category, sold_as.brand
    ) = 1
)

select *, row_number() over (order by product) as product_no
from representatives;

create or replace temp table next_best_to_push as
with texts as (
    select list(offered_products.product_no order by profile_texts.code) as numbers
    from profile_texts
    left join offered_products on offered_products.product = profile_texts.text
    where profile_texts.store = getvariable('store')
),

lists as (
    select
        listed.customer_key,
        list_filter(list_select(numbers, codes), lambda number: number is not null) as product_nos
    from listed
    cross join texts
),

bought as (
    select lines.customer_key, list(distinct offered_products.product_no) as product_nos
    from numbered_lines as lines
    inner join sold_as on sold_as.thing_no = lines.thing_no
    inner join offered_products on offered_products.product = sold_as.product_now
    where lines.store = getvariable('store')
    group by lines.customer_key
),

present as (
    select
        lists.customer_key,
        lists.product_nos,
        list_transform(
            lists.product_nos,
            lambda number: coalesce(list_contains(bought.product_nos, number), false)
        ) as were_bought,
        false as is_over
    from lists
    inner join customers
        on customers.store = getvariable('store') and customers.customer_key = lists.customer_key
    left join bought on bought.customer_key = lists.customer_key
    where len(lists.product_nos) > 0
        and customers.deleted_at is null
        and (customers.email is not null or not coalesce(getvariable('is_by_email')::boolean, false))
)

from present
union all
select record_id::bigint as customer_key, [] as product_nos, [] as were_bought, true as is_over
from there
where record_id not in (select customer_key::varchar from present)
    and (
        exists (from listed)
        or record_id not in (
            select customer_key::varchar
            from customers
            where store = getvariable('store') and deleted_at is null
        )
    );

-- name: index
-- What a plan needs of next_best_to_push, the lists that are over last. Grain: one row per customer.
with digests as (
    select
        coalesce(
            list(
                md5(concat_ws(
                    '|', product, coalesce(product_id, ''), coalesce(sku, ''),
                    coalesce(category, ''), coalesce(brand, ''), coalesce(detail_url, ''),
                    coalesce(image_url, '')
                ))
                order by product_no
            ),
            []
        ) as of_products
    from offered_products
)

select
    next_best_to_push.customer_key::varchar as record_id,
    md5(
        case
            when is_over then 'over'
            else concat_ws(
                '|', coalesce(customers.customer_id, ''), coalesce(customers.email, ''),
                array_to_string(list_select(of_products, product_nos), ','),
                array_to_string(were_bought, ','), coalesce(getvariable('shop_url'), '')
            )
        end
    ) as digest,
    customers.email,
    days.as_of::timestamp as happened_at,
    days.as_of::timestamp as changed_at,
    is_over
from next_best_to_push
cross join digests
cross join (
    select max(as_of) as as_of from profile_runs where store = getvariable('store')
) as days
left join customers
    on customers.store = getvariable('store')
    and customers.customer_key = next_best_to_push.customer_key
order by is_over, next_best_to_push.customer_key;

-- name: rows
-- The whole lists of the registered frame `asked` (record_id). Grain: one row per customer; empty `lines` mean that the
-- customer has no list any more.
with ranked as (
    select
        customer_key,
        unnest(product_nos) as product_no,
        unnest(were_bought) as was_bought,
        generate_subscripts(product_nos, 1) as rank
    from next_best_to_push
    where customer_key in (select record_id::bigint from asked)
),

named as (
    select
        ranked.customer_key,
        list({
            'rank': ranked.rank,
            'product_id': products.product_id,
            'sku': products.sku,
            'product': products.product,
            'category': products.category,
            'brand': products.brand,
            'reason': case when ranked.was_bought then 'bought_again' else 'never_bought' end,
            'url': page_url(products.detail_url, getvariable('shop_url')),
            'image_url': products.image_url
        } order by ranked.rank) as lines
    from ranked
    inner join offered_products as products on products.product_no = ranked.product_no
    group by ranked.customer_key
)

select
    next_best_to_push.customer_key::varchar as record_id,
    next_best_to_push.customer_key,
    customers.customer_id,
    customers.email,
    coalesce(named.lines, []) as lines
from next_best_to_push
inner join asked on asked.record_id::bigint = next_best_to_push.customer_key
left join customers
    on customers.store = getvariable('store')
    and customers.customer_key = next_best_to_push.customer_key
left join named on named.customer_key = next_best_to_push.customer_key;
