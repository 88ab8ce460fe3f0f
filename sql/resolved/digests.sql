-- digests (temporary): what a resolve reads of one store. Grain: one row per order with all that belongs
-- to it, per contact, SKU and shared document, and one each for all categories, all brands and the
-- currency. A row's hash is hashed again before it is added up, so that the same change in two rows
-- does not cancel out.
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
    select 'skus', hash(sku), hash(hash(named))
    from (
        select
            store, sku, product, product_id, ref_id, brand_id, brand, category_path_ids,
            category_names
        from skus
    ) as named
    where store = getvariable('store')
    union all
    select 'shared_documents', hash(document), 0
    from shared_documents
    union all
    select 'categories', 0, hash(hash(named))
    from (select store, category_id, category from categories) as named
    where store = getvariable('store')
    union all
    select 'brands', 0, hash(hash(named))
    from (select store, brand_id, brand from brands) as named
    where store = getvariable('store')
    union all
    select 'currency', 0, hash(currency)
    from reporting_currency
)

select kind, row_key, (sum(row_hash) % 18446744073709551616)::ubigint as digest
from hashed
group by kind, row_key;
