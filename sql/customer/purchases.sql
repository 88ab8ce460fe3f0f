-- What the customer bought, newest first. Grain: one row per purchase; `known_by` is the match rule that found the person.
with sold as (
    select
        purchase_no,
        sum(quantity)::bigint as units,
        list(distinct product order by product) filter (product is not null) as products
    from purchase_lines
    where store = getvariable('store') and customer_key = getvariable('customer_key')
    group by purchase_no
),

codes as (
    select purchase_no, list(distinct promo_code order by promo_code) as promo_codes
    from purchase_promo_codes
    where store = getvariable('store') and customer_key = getvariable('customer_key')
    group by purchase_no
),

placed as (
    select
        purchase_orders.purchase_no,
        list(purchase_orders.order_id order by purchase_orders.order_id) as orders,
        list(distinct order_customers.match_rule order by order_customers.match_rule) as known_by
    from purchase_orders
    left join order_customers
        on order_customers.store = purchase_orders.store
        and order_customers.order_id = purchase_orders.order_id
    where purchase_orders.store = getvariable('store')
    group by purchase_orders.purchase_no
)

select
    purchases.purchased_on,
    (purchases.amount_cents::decimal(38, 2) / 100)::decimal(18, 2) as amount,
    (purchases.refund_cents::decimal(38, 2) / 100)::decimal(18, 2) as refunded,
    sold.units,
    sold.products,
    codes.promo_codes,
    placed.orders,
    placed.known_by
from purchases
left join sold on sold.purchase_no = purchases.purchase_no
left join codes on codes.purchase_no = purchases.purchase_no
left join placed on placed.purchase_no = purchases.purchase_no
where purchases.store = getvariable('store')
    and purchases.customer_key = getvariable('customer_key')
order by purchases.purchase_no desc;
