-- order_classes (temporary view). Grain: one row per order of the store, refunds included, with its class by
-- the purchase rule. An order that names no currency counts as in the reporting one.
create or replace temp view order_classes as
with classified as (
    select
        orders.*,
        coalesce(orders.currency <> reporting_currency.currency, false) as is_foreign,
        value_cents < 0 or refund_of is not null as is_refund,
        is_marketplace_order(origin, affiliate_id) as is_marketplace,
        coalesce(state, city) is not null
        and (coalesce(len(delivery_types), 0) = 0 or list_contains(delivery_types, 'delivery'))
            as is_delivered
    from orders
    cross join reporting_currency
    where store = getvariable('store')
),

selling as (
    select
        *,
        is_completed
        and authorized_at is not null
        and not is_dead_status(status)
        and (getvariable('purchase_rule') = 'authorized' or status = 'invoiced')
        and created_at is not null
        and value_cents is not null
        and not is_refund as is_sale
    from classified
)

select *, is_sale and not is_foreign as is_purchase
from selling;
