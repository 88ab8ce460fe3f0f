-- loose_refunds (temporary). Grain: one row per imported refund of judged_orders that names no order of
-- this store. A refund that was canceled, or in another currency, is none.
create or replace temp table loose_refunds as
select
    order_id,
    customer_key,
    created_at as refunded_at,
    abs(value_cents) as refund_cents
from judged_orders
where is_refund
    and not is_foreign
    and not is_dead_status(status)
    and value_cents <> 0
    and created_at is not null
    and (
        refund_of is null
        or refund_of not in (select order_id from verdicts where not is_refund)
    );
