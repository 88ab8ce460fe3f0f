-- What each platform was sent of the customer, and of the customer's purchases. Grain: one row per
-- destination, entity, outcome and code.
with theirs as (
    select push_records.*
    from push_records
    where store = getvariable('store')
        and entity not in ('purchases', 'products', 'coupons')
        and record_id = getvariable('customer_key')::varchar
    union all
    select push_records.*
    from push_records
    inner join order_customers
        on order_customers.store = push_records.store
        and order_customers.order_id = push_records.record_id
    where push_records.store = getvariable('store')
        and push_records.entity = 'purchases'
        and order_customers.customer_key = getvariable('customer_key')
)

select
    destination,
    entity,
    outcome,
    code,
    message,
    count(*) as record_count,
    max(attempted_at) as attempted_at,
    max(accepted_at) as accepted_at
from theirs
group by destination, entity, outcome, code, message
order by destination, entity, outcome, code;
