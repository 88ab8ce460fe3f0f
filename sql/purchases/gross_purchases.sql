-- gross_purchases (temporary). Grain: one row per cart (store, order_group) with orders that count, or
-- per order without one. Its moment is the earliest of those orders; its customer is the one of the
-- earliest order that has one. Refunds that name an order reduce it here, never below 0.
create or replace temp table gross_purchases as
with refunds as (
    select order_id, sum(amount_cents)::bigint as refund_cents
    from refunds_to_subtract
    group by order_id
),

lines as (
    select order_id, sum(amount_cents)::bigint as lines_cents
    from items_to_sell
    where getvariable('amount_basis') = 'items' and not is_gift
    group by order_id
),

amounts as (
    select
        judged_orders.*,
        case
            when getvariable('amount_basis') = 'items'
                then coalesce(lines.lines_cents, judged_orders.value_cents)
            else judged_orders.value_cents
        end as basis_cents,
        coalesce(refunds.refund_cents, 0) as refund_cents
    from judged_orders
    left join refunds on refunds.order_id = judged_orders.order_id
    left join lines on lines.order_id = judged_orders.order_id
    where judged_orders.is_purchase
)

select
    purchase_id,
    min(order_id) as order_id,
    arg_min(customer_key, (created_at, order_id)) filter (customer_key is not null)
        as customer_key,
    min(created_at) as purchased_at,
    sum(value_cents)::bigint as gross_cents,
    sum(basis_cents)::bigint as basis_cents,
    greatest(sum(basis_cents) - sum(refund_cents), 0)::bigint as net_cents,
    count(*) as order_count,
    arg_min(sales_channel, (created_at, order_id)) as sales_channel,
    bool_and(is_marketplace) as is_marketplace
from amounts
group by purchase_id;
