-- The sales channels as VTEX sent them. Grain: one row per document.
create table if not exists raw.vtex_sales_channels as from raw.vtex_skus with no data;
-- Grain: one row per sales channel of the shop.
create table if not exists sales_channels (
    store varchar, sales_channel varchar, sales_channel_name varchar, currency varchar,
    time_zone varchar, country varchar, is_active boolean
);

-- sales_channels. Grain: one row per sales channel of loaded_keys; time_zone is a Windows name.
delete from sales_channels
where store = getvariable('store') and sales_channel in (select key from loaded_keys);

insert into sales_channels by name
select
    store,
    key as sales_channel,
    text_or_null(payload ->> '$.Name') as sales_channel_name,
    upper(text_or_null(payload ->> '$.CurrencyCode')) as currency,
    text_or_null(payload ->> '$.TimeZone') as time_zone,
    text_or_null(payload ->> '$.CountryCode') as country,
    try_cast(payload ->> '$.IsActive' as boolean) as is_active
from raw.vtex_sales_channels
where store = getvariable('store') and key in (select key from loaded_keys);
