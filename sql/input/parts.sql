-- The customers of a store cut into parts of neighbouring keys. Grain: one row per part.
with placed as (
    select customer_key, (row_number() over (order by customer_key) - 1) as place
    from customers
    where store = getvariable('store') and deleted_at is null
)

select min(customer_key) as first_key, max(customer_key) as last_key
from placed
group by place // getvariable('customers_per_part')::bigint
order by first_key;
