-- loaded_keys and loaded_orders (temporary): every imported key of the store, to fill the typed tables
-- again from raw.
create or replace temp table loaded_keys as
select order_id as key from raw.imported_orders where store = getvariable('store')
union
select customer_id as key from raw.imported_customers where store = getvariable('store');

create or replace temp table loaded_orders as
select distinct order_id as key from raw.imported_items where store = getvariable('store');
