-- Whether the amounts of a store may be added up in 64 bits: the amounts of all its orders, lines and
-- refunds together, without regard to sign, so that every sum of some of them is smaller.
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

select
    coalesce(sum(cents::hugeint), 0) > getvariable('max_total_cents')::hugeint as is_too_large,
    arg_max(order_id, cents) as order_id
from amounts;
