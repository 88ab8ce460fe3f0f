-- The kept profiles of one store. Grain: one row per customer.
from profiles
where store = getvariable('store')
order by customer_key;
