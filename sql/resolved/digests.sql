-- digests (temporary): what a resolve reads of one store. Grain: one row per order with all that belongs
-- to it, contact, SKU, shared document, and one for each of the categories, brands and the currency. A row's
-- hash is hashed again before it is added up: columns meet in it by xor, so that the same change in two
-- rows would cancel out. carts.is_abandoned is what a resolve writes.
create or replace temp table digests as
with hashed (kind, row_key, row_hash) as (
    select 'orders', hash(order_id), hash(hash(orders))
    from orders
    where store = getvariable('store')
    union all
    select 'orders', hash(order_id), hash(hash(order_items))
    from order_items
    where store = getvariable('store')
    union all
    select 'orders', hash(order_id), hash(hash(order_refunds))
    from order_refunds
    where store = getvariable('store')
    union all
    select 'orders', hash(order_id), hash(hash(order_promo_codes))
    from order_promo_codes
    where store = getvariable('store')
    union all
    select 'contacts', hash(source || ':' || contact_id), hash(hash(contacts))
    from contacts
    where store = getvariable('store')
    union all
    select 'contacts', hash(source || ':' || contact_id), hash(hash(contact_deletions))
    from contact_deletions
    where store = getvariable('store')
    union all
    select 'contacts', hash('vtex:' || contact_id), hash(hash(cart))
    from (select * exclude (is_abandoned) from carts) as cart
    where store = getvariable('store')
    union all
    select 'skus', hash(sku), hash(hash(skus))
    from skus
    where store = getvariable('store')
    union all
    select 'shared_documents', hash(document), 0
    from shared_documents
    union all
    select 'categories', 0, hash(hash(categories))
    from categories
    where store = getvariable('store')
    union all
    select 'brands', 0, hash(hash(brands))
    from brands
    where store = getvariable('store')
    union all
    select 'currency', 0, hash(currency)
    from reporting_currency
)

select kind, row_key, (sum(row_hash) % 18446744073709551616)::ubigint as digest
from hashed
group by kind, row_key;
