-- Best customers: who brought most in all, with what they like. Grain: one row per customer.
-- $customers integer = 100: How many of them.
select
    store,
    customer_key,
    customer_id,
    email,
    amount_lifetime,
    orders_lifetime,
    avg_amount_lifetime,
    last_purchase_date,
    rfm_lifetime,
    rfm_segment,
    brands_360d as brands_of_the_year
from profiles
where orders_lifetime > 0
order by amount_lifetime desc, store, customer_key
limit $customers;
