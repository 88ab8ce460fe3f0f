-- purchases_to_push (temporary). Grain: one row per order that a destination may be sent: the orders of
-- the purchases of known customers, and those that are there and count no longer (is_over). Orders of
-- nobody known and of other marketplaces are neither.
create or replace temp table purchases_to_push as
with sold as (
    select purchase_orders.order_id, purchases.customer_key, false as is_over
    from purchase_orders
    inner join purchases
        on purchases.store = purchase_orders.store
        and purchases.purchase_no = purchase_orders.purchase_no
    where purchase_orders.store = getvariable('store') and purchases.customer_key is not null
),

over as (
    select order_customers.order_id, order_customers.customer_key, true as is_over
    from order_customers
    inner join there on there.record_id = order_customers.order_id
    where order_customers.store = getvariable('store')
        and order_customers.order_id not in (select order_id from sold)
),

wanted as (
    from sold
    union all
    from over
),

frequent as (
    select currency
    from orders
    where store = getvariable('store') and currency is not null
    group by currency
    order by count(*) desc, currency
    limit 1
),

refunds as (
    select order_id, sum(amount_cents)::bigint as refund_cents
    from order_refunds
    where store = getvariable('store')
    group by order_id
),

lines as (
    select
        order_id,
        sum(greatest(amount_cents, 0)) filter (quantity > 0)::bigint as lines_cents,
        sum(greatest(coalesce(list_cents, 0), amount_cents, 0)) filter (quantity > 0)::bigint
            as list_cents,
        sum(quantity) filter (quantity > 0)::bigint as quantity,
        md5(string_agg(
            concat_ws(
                '|', line_no, coalesce(line_key, ''), coalesce(sku, ''), coalesce(quantity, 0),
                coalesce(amount_cents, 0), coalesce(list_cents, 0), coalesce(product, ''),
                coalesce(brand, ''), coalesce(category, '')
            ),
            chr(10) order by line_no
        )) as lines_digest
    from order_items
    where store = getvariable('store')
    group by order_id
)

select
    orders.order_id,
    coalesce(orders.order_group, orders.order_id) as cart_id,
    wanted.customer_key,
    wanted.is_over,
    orders.created_at as ordered_at,
    (orders.created_at at time zone 'UTC' at time zone getvariable('time_zone'))::date
        as ordered_on,
    coalesce(orders.last_change_at, orders.created_at) as changed_at,
    orders.status,
    coalesce(orders.currency, getvariable('currency')::varchar, (select currency from frequent))
        as currency,
    orders.value_cents,
    coalesce(lines.lines_cents, 0) as lines_cents,
    coalesce(lines.list_cents, 0) as list_cents,
    coalesce(lines.quantity, 0) as quantity,
    coalesce(refunds.refund_cents, 0) as refund_cents,
    orders.promo_code,
    orders.payment_method,
    orders.sales_channel,
    lines.lines_digest
from wanted
inner join orders
    on orders.store = getvariable('store') and orders.order_id = wanted.order_id
left join lines on lines.order_id = orders.order_id
left join refunds on refunds.order_id = orders.order_id
where not is_marketplace_order(orders.origin, orders.affiliate_id)
    and orders.value_cents >= 0
    and orders.created_at <= getvariable('now')::timestamp;
