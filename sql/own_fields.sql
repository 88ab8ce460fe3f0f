-- name: views
-- What the expressions of [fields.NAME] may ask: tables of the warehouse as of a day, of one store, under their own names.
-- Temporary views come before tables of the same name.
create or replace temp view customers as
from warehouse.main.customers
where store = getvariable('store');

create or replace temp view purchases as
from warehouse.main.purchases
where store = getvariable('store')
    and customer_key is not null
    and purchased_on <= getvariable('as_of')::date;

create or replace temp view purchase_lines as
from warehouse.main.purchase_lines
where store = getvariable('store') and purchase_no in (select purchase_no from purchases);

create or replace temp view purchase_promo_codes as
from warehouse.main.purchase_promo_codes
where store = getvariable('store') and purchase_no in (select purchase_no from purchases);

create or replace temp view purchase_orders as
from warehouse.main.purchase_orders
where store = getvariable('store') and purchase_no in (select purchase_no from purchases);

create or replace temp view orders as
from warehouse.main.orders
where store = getvariable('store')
    and (created_at at time zone 'UTC' at time zone getvariable('time_zone'))::date
    <= getvariable('as_of')::date;

create or replace temp view skus as
from warehouse.main.skus
where store = getvariable('store');

create or replace temp view categories as
from warehouse.main.categories
where store = getvariable('store');

create or replace temp view brands as
from warehouse.main.brands
where store = getvariable('store');

-- name: replace
-- own_fields of one store, from the registered frame `incoming`.
delete from own_fields where store = getvariable('store');

insert into own_fields by name
select getvariable('store') as store, getvariable('as_of')::date as as_of, *
from incoming;

-- name: definitions
-- What the fields of the settings mean, for the read copy. Grain: one row per field.
select field, any_value(definition order by store) as definition
from own_fields
group by field
order by field;
