-- sold_orders (temporary view). Grain: one row per order that counts, with its customer and what refunds that name
-- it take.
create or replace temp view sold_orders as
with refunded as (
    select refund_of as order_id, sum(refund_cents)::bigint as refund_cents
    from refunds
    where not is_loose and reason is null
    group by refund_of
),

lines as (
    select
        order_id,
        (
            coalesce(sum(amount_cents) filter (not is_gift), 0) + coalesce(sum(services_cents), 0)
        )::bigint as lines_cents
    from order_items
    where store = getvariable('store') and getvariable('amount_basis') = 'items'
    group by order_id
)

select
    order_classes.order_id,
    order_classes.order_group,
    order_customers.customer_key,
    order_classes.created_at,
    order_classes.value_cents,
    case
        when getvariable('amount_basis') = 'items'
            then coalesce(
                lines.lines_cents + coalesce(order_classes.change_cents, 0),
                order_classes.items_cents,
                order_classes.value_cents
            )
        else order_classes.value_cents
    end as basis_cents,
    coalesce(refunded.refund_cents, 0) as refund_cents,
    order_classes.sales_channel,
    order_classes.is_marketplace,
    order_classes.is_delivered
from order_classes
left join order_customers
    on order_customers.store = getvariable('store')
    and order_customers.order_id = order_classes.order_id
left join refunded on refunded.order_id = order_classes.order_id
left join lines on lines.order_id = order_classes.order_id
where order_classes.is_purchase;

-- cart_orders (temporary). Grain: one row per order that counts of a cart (store, order_group) with several.
create or replace temp table cart_orders as
with split_carts as (
    select order_group
    from order_classes
    where is_purchase and order_group is not null
    group by order_group
    having count(*) > 1
)

select *, min(order_id) over (partition by order_group) as first_order_id
from sold_orders
where order_group in (from split_carts);

-- gross_purchases (temporary). Grain: one row per cart with orders that count, or per such order alone. Its
-- moment is the earliest of those orders; its customer is the one of the earliest order that has one.
-- Refunds that name an order reduce it here, never below 0.
create or replace temp table gross_purchases as
select
    order_id,
    customer_key,
    created_at as purchased_at,
    value_cents as gross_cents,
    basis_cents,
    greatest(basis_cents - refund_cents, 0)::bigint as net_cents,
    1 as order_count,
    sales_channel,
    is_marketplace,
    is_delivered
from sold_orders
where coalesce(order_group not in (select order_group from cart_orders), true)
union all
select
    first_order_id as order_id,
    arg_min(customer_key, (created_at, order_id)) filter (customer_key is not null)
        as customer_key,
    min(created_at) as purchased_at,
    sum(value_cents)::bigint as gross_cents,
    sum(basis_cents)::bigint as basis_cents,
    greatest(sum(basis_cents) - sum(refund_cents), 0)::bigint as net_cents,
    count(*) as order_count,
    arg_min(sales_channel, (created_at, order_id)) as sales_channel,
    bool_and(is_marketplace) as is_marketplace,
    arg_min(is_delivered, order_id) as is_delivered
from cart_orders
group by first_order_id;
