-- reporting_currency (temporary). Grain: one row: the currency of the settings, else the store's most
-- frequent one.
create or replace temp table reporting_currency as
with frequent as (
    select currency
    from orders
    where store = getvariable('store') and currency is not null
    group by currency
    order by count(*) desc, currency
    limit 1
)

select coalesce(getvariable('currency')::varchar, (select currency from frequent)) as currency;
