-- name: to_push
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

-- name: index
-- What a plan needs of purchases_to_push, oldest first. Grain: one row per order. The digest is equal
-- while nothing that is sent of the order changes.
select
    purchases_to_push.order_id as record_id,
    md5(concat_ws(
        '|', purchases_to_push.customer_key, is_over, coalesce(status, ''), coalesce(currency, ''), value_cents,
        refund_cents, coalesce(promo_code, ''), coalesce(payment_method, ''),
        coalesce(lines_digest, '')
    )) as digest,
    customers.email,
    purchases_to_push.ordered_at as happened_at,
    purchases_to_push.changed_at,
    purchases_to_push.is_over
from purchases_to_push
inner join customers
    on customers.store = getvariable('store')
    and customers.customer_key = purchases_to_push.customer_key
order by purchases_to_push.ordered_at, purchases_to_push.order_id;

-- name: rows
-- The whole purchases of the registered frame `asked` (record_id). Grain: one row per order; lines in
-- VTEX's own order, gifts and lines of quantity 0 among them. Amounts are currency units.
with items as (
    select
        * replace (greatest(coalesce(quantity, 0), 0) as quantity),
        case when quantity > 0 then greatest(coalesce(amount_cents, 0), 0) else 0 end as paid_cents
    from order_items
    where store = getvariable('store') and order_id in (select record_id from asked)
),

lines as (
    select
        order_items.order_id,
        list({
            'line_key': coalesce(order_items.line_key, order_items.line_no::varchar),
            'product_key': case
                when getvariable('product_key') = 'product_id'
                    then coalesce(order_items.product_id, skus.product_id, order_items.sku)
                else coalesce(order_items.sku, order_items.product_id)
            end,
            'sku': order_items.sku,
            'product_id': coalesce(order_items.product_id, skus.product_id),
            'ref_id': coalesce(order_items.ref_id, skus.ref_id),
            'product': coalesce(order_items.product, skus.product, order_items.sku, ''),
            'brand': coalesce(order_items.brand, skus.brand),
            'category_path': case
                when skus.category_path_ids = order_items.category_path_ids
                    then list_filter(skus.category_names, lambda name: name is not null)
                when len(order_items.category_names) > 0
                    then list_filter(order_items.category_names, lambda name: name is not null)
                when order_items.category is not null then [order_items.category]
                else []
            end,
            'quantity': order_items.quantity,
            'amount': units(paid_cents),
            'list_amount': units(greatest(coalesce(order_items.list_cents, 0), paid_cents)),
            'unit_amount': unit_price(paid_cents, order_items.quantity),
            'unit_list_amount': unit_price(
                greatest(coalesce(order_items.list_cents, 0), paid_cents), order_items.quantity
            ),
            'url': page_url(
                coalesce(order_items.detail_url, skus.detail_url), getvariable('shop_url')
            ),
            'image_url': coalesce(order_items.image_url, skus.image_url),
            'is_gift': coalesce(order_items.is_gift, false)
        } order by order_items.line_no) as lines
    from items as order_items
    left join skus on skus.store = order_items.store and skus.sku = order_items.sku
    group by order_items.order_id
)

select
    purchases_to_push.order_id as record_id,
    purchases_to_push.order_id,
    purchases_to_push.cart_id,
    purchases_to_push.customer_key,
    customers.customer_id,
    customers.email,
    purchases_to_push.ordered_at,
    purchases_to_push.ordered_on,
    purchases_to_push.changed_at,
    purchases_to_push.status,
    purchases_to_push.is_over as is_canceled,
    purchases_to_push.currency,
    purchases_to_push.quantity,
    units(purchases_to_push.value_cents) as amount,
    units(purchases_to_push.lines_cents) as lines_amount,
    units(list_cents - lines_cents) as discount_amount,
    units(purchases_to_push.refund_cents) as refunded_amount,
    purchases_to_push.promo_code,
    purchases_to_push.payment_method,
    purchases_to_push.sales_channel,
    coalesce(lines.lines, []) as lines
from purchases_to_push
inner join asked on asked.record_id = purchases_to_push.order_id
inner join customers
    on customers.store = getvariable('store')
    and customers.customer_key = purchases_to_push.customer_key
left join lines on lines.order_id = purchases_to_push.order_id;
