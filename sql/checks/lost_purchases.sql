-- Orders that satisfy the purchase rule, and their cents before refunds, are in the purchases to the last one,
-- unless purchases are dropped by rule. Grain: one row when a count or a sum differs.
with sold as (
    select count(*) as order_count, coalesce(sum(value_cents), 0) as gross_cents
    from order_classes
    where is_purchase
),

kept as (
    select coalesce(sum(order_count), 0) as order_count, coalesce(sum(gross_cents), 0) as gross_cents
    from purchases
    where store = getvariable('store')
)

select sold.order_count, kept.order_count as kept_order_count, sold.gross_cents,
    kept.gross_cents as kept_gross_cents
from sold
cross join kept
where getvariable('returned_purchases') = 'count'
    and (sold.order_count <> kept.order_count or sold.gross_cents <> kept.gross_cents);
