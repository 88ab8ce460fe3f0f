-- Who there is. Grain: one row per customer of a store, prospects included.
select customer_key
from customers
where store = getvariable('store');
