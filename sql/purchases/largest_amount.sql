-- The order with the largest amount, in itself, a line or a refund. Grain: one row.
with amounts as (
    select order_id, abs(value_cents) as cents
    from orders
    where store = getvariable('store')
    union all
    select order_id, abs(amount_cents) + abs(coalesce(list_cents, 0)::hugeint)
    from order_items
    where store = getvariable('store')
    union all
    select order_id, abs(amount_cents)
    from order_refunds
    where store = getvariable('store')
)

select arg_max(order_id, cents) as order_id
from amounts;
