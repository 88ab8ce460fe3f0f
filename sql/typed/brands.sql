-- The brands as VTEX sent them. Grain: one row per document.
create table if not exists raw.vtex_brands as from raw.vtex_skus with no data;
-- Grain: one row per brand, as the catalogue says now.
create table if not exists brands (store varchar, brand_id varchar, brand varchar, is_active boolean);

-- brands. Grain: one row per brand of loaded_keys.
delete from brands
where store = getvariable('store')
    and brand_id in (select key from loaded_keys);

insert into brands by name
select
    store,
    key as brand_id,
    text_or_null(payload ->> '$.name') as brand,
    try_cast(payload ->> '$.isActive' as boolean) as is_active
from raw.vtex_brands
where store = getvariable('store')
    and key in (select key from loaded_keys);
