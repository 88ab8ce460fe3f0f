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
