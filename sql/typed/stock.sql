-- What the search showed of SKUs. Grain: one row per document.
create table if not exists raw.vtex_stock as from raw.vtex_skus with no data;
-- Grain: one row per SKU that was ever asked for, as the shop's search showed it last.
create table if not exists stock (
    store varchar, sku varchar, is_available boolean, available_quantity bigint
);

-- stock. Grain: one row per SKU of loaded_keys.
delete from stock where store = getvariable('store') and sku in (select key from loaded_keys);

insert into stock by name
select
    store,
    key as sku,
    try_cast(payload ->> '$.isAvailable' as boolean) as is_available,
    try_cast(payload ->> '$.quantity' as bigint) as available_quantity
from raw.vtex_stock
where store = getvariable('store') and key in (select key from loaded_keys);
