-- verdicts (temporary view). Grain: one row per order of the store, refunds included, with the verdict of
-- the purchase rule. An order that names no currency counts as in the reporting one.
create or replace temp view verdicts as
with judged as (
    select
        orders.*,
        coalesce(orders.currency <> reporting_currency.currency, false) as is_foreign,
        value_cents < 0 or refund_of is not null as is_refund,
        is_marketplace_order(origin, affiliate_id) as is_marketplace,
        coalesce('group ' || order_group, 'order ' || order_id) as purchase_id
    from orders
    cross join reporting_currency
    where store = getvariable('store')
),

purchasing as (
    select
        *,
        is_completed
        and authorized_at is not null
        and not is_dead_status(status)
        and (getvariable('purchase_rule') = 'authorized' or status = 'invoiced')
        and created_at is not null
        and value_cents is not null
        and not is_refund as is_sale
    from judged
)

select *, is_sale and not is_foreign as is_purchase
from purchasing;
