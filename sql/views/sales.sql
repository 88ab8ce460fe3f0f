-- sales, a view of the read copy. Grain: one row per purchase, amounts in currency units, names instead of numbers.
-- purchase_rank counts a customer's purchases from 1; null for anonymous ones. The segment is today's. Of a purchase
-- of several orders (one a seller) the place and the campaign are those of its first order.
with codes as (
    select store, purchase_no, list(promo_code order by promo_code) as promo_codes
    from purchase_promo_codes
    group by store, purchase_no
),

sold as (
    select
        purchase_orders.store,
        purchase_orders.purchase_no,
        sum(orders.discount_cents) as discount_cents,
        sum(orders.shipping_cents) as shipping_cents,
        max(orders.installments) as installments,
        list_sort(list_distinct(flatten(list(coalesce(orders.payment_methods, []))))) as payment_methods,
        list_sort(list_distinct(flatten(list(coalesce(orders.delivery_types, []))))) as delivery_types,
        list_sort(list_distinct(flatten(list(coalesce(orders.pickup_points, []))))) as pickup_points
    from purchase_orders
    inner join orders
        on orders.store = purchase_orders.store and orders.order_id = purchase_orders.order_id
    group by purchase_orders.store, purchase_orders.purchase_no
),

units as (
    select
        store,
        purchase_no,
        sum(quantity)::bigint as unit_count,
        list_sort(list_distinct(list(seller))) as sellers
    from purchase_lines
    group by store, purchase_no
)

select
    purchases.store,
    purchases.purchase_no,
    purchases.order_id,
    purchases.purchased_at,
    purchases.purchased_on,
    (purchases.amount_cents::decimal(38, 2) / 100)::decimal(18, 2) as amount,
    (purchases.gross_cents::decimal(38, 2) / 100)::decimal(18, 2) as gross_amount,
    (purchases.refund_cents::decimal(38, 2) / 100)::decimal(18, 2) as refund_amount,
    coalesce(units.unit_count, 0) as unit_count,
    case
        when purchases.is_marketplace then '(marketplace)'
        else coalesce(sales_channels.sales_channel_name, purchases.sales_channel)
    end as channel,
    coalesce(codes.promo_codes, []) as promo_codes,
    purchases.customer_key,
    customers.customer_id,
    case
        when purchases.customer_key is not null
            then row_number() over (
                partition by purchases.store, purchases.customer_key order by purchases.purchase_no
            )
    end as purchase_rank,
    current_segments.rfm_segment,
    (sold.discount_cents::decimal(38, 2) / 100)::decimal(18, 2) as discount_amount,
    (sold.shipping_cents::decimal(38, 2) / 100)::decimal(18, 2) as shipping_amount,
    coalesce(sold.payment_methods, []) as payment_methods,
    sold.installments,
    coalesce(units.sellers, []) as sellers,
    first_orders.country,
    first_orders.state,
    first_orders.city,
    first_orders.postal_prefix,
    coalesce(sold.delivery_types, []) as delivery_types,
    coalesce(sold.pickup_points, []) as pickup_points,
    first_orders.utm_source,
    first_orders.utm_medium,
    first_orders.utm_campaign
from purchases
left join orders as first_orders
    on first_orders.store = purchases.store and first_orders.order_id = purchases.order_id
left join sold on sold.store = purchases.store and sold.purchase_no = purchases.purchase_no
left join customers
    on customers.store = purchases.store and customers.customer_key = purchases.customer_key
left join sales_channels
    on sales_channels.store = purchases.store
    and sales_channels.sales_channel = purchases.sales_channel
left join codes on codes.store = purchases.store and codes.purchase_no = purchases.purchase_no
left join units on units.store = purchases.store and units.purchase_no = purchases.purchase_no
left join segment_history as current_segments
    on current_segments.store = purchases.store
    and current_segments.customer_key = purchases.customer_key
    and current_segments.valid_to is null;
