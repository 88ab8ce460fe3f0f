-- loose_refunds (temporary). Grain: one row per imported refund that names no order of this store. A
-- refund that was canceled, or in another currency, is none.
create or replace temp table loose_refunds as
select
    order_classes.order_id,
    order_customers.customer_key,
    order_classes.created_at as refunded_at,
    abs(order_classes.value_cents) as refund_cents
from order_classes
left join order_customers
    on order_customers.store = order_classes.store
    and order_customers.order_id = order_classes.order_id
where order_classes.is_refund
    and not order_classes.is_foreign
    and not is_dead_status(order_classes.status)
    and order_classes.value_cents <> 0
    and order_classes.created_at is not null
    and (
        order_classes.refund_of is null
        or order_classes.refund_of not in (select order_id from order_classes where not is_refund)
    );
