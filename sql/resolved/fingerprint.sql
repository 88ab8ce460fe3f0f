-- What a resolve reads of one store, as one text: it is the same only when nothing was added, taken or
-- changed. A row's hash is hashed again before it is added up: columns meet in it by xor, so that the same
-- change in two rows would cancel out. carts.is_abandoned is what a resolve writes. Grain: one row.
with digests (typed_table, row_count, digest) as (
    select 'orders', count(*), sum(hash(hash(orders)))
    from orders
    where store = getvariable('store')
    union all
    select 'order_items', count(*), sum(hash(hash(order_items)))
    from order_items
    where store = getvariable('store')
    union all
    select 'order_refunds', count(*), sum(hash(hash(order_refunds)))
    from order_refunds
    where store = getvariable('store')
    union all
    select 'order_promo_codes', count(*), sum(hash(hash(order_promo_codes)))
    from order_promo_codes
    where store = getvariable('store')
    union all
    select 'contacts', count(*), sum(hash(hash(contacts)))
    from contacts
    where store = getvariable('store')
    union all
    select 'contact_deletions', count(*), sum(hash(hash(contact_deletions)))
    from contact_deletions
    where store = getvariable('store')
    union all
    select 'carts', count(*), sum(hash(hash(cart)))
    from (select * exclude (is_abandoned) from carts) as cart
    where store = getvariable('store')
    union all
    select 'skus', count(*), sum(hash(hash(skus)))
    from skus
    where store = getvariable('store')
    union all
    select 'categories', count(*), sum(hash(hash(categories)))
    from categories
    where store = getvariable('store')
    union all
    select 'brands', count(*), sum(hash(hash(brands)))
    from brands
    where store = getvariable('store')
)

select string_agg(typed_table || ' ' || row_count || ' ' || coalesce(digest, 0), ', ' order by typed_table)
    as fingerprint
from digests;
