-- Orders that satisfy the purchase rule, and their cents before refunds, are in the purchases to the last one, or
-- among those that the settings drop. Grain: one row when a count or a sum differs.
with sold as (
    select count(*) as order_count, coalesce(sum(value_cents), 0) as gross_cents
    from order_classes
    where is_purchase
),

placed as (
    select order_count, gross_cents
    from purchases
    where store = getvariable('store')
    union all
    select order_count, gross_cents
    from dropped_purchases
),

kept as (
    select coalesce(sum(order_count), 0) as order_count, coalesce(sum(gross_cents), 0) as gross_cents
    from placed
)

select sold.order_count, kept.order_count as kept_order_count, sold.gross_cents,
    kept.gross_cents as kept_gross_cents
from sold
cross join kept
where sold.order_count <> kept.order_count or sold.gross_cents <> kept.gross_cents;
