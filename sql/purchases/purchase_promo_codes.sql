-- purchase_promo_codes. Grain: one row per purchase and promo code. Codes are compared without case
-- and shown as on the earliest order of the store that has them; applied when any order says so.
delete from purchase_promo_codes where store = getvariable('store');

insert into purchase_promo_codes by name
with shown as (
    select
        order_promo_codes.promo_code_key,
        arg_min(order_promo_codes.promo_code, (orders.created_at, orders.order_id)) as promo_code
    from order_promo_codes
    inner join orders
        on orders.store = order_promo_codes.store
        and orders.order_id = order_promo_codes.order_id
    where order_promo_codes.store = getvariable('store')
    group by order_promo_codes.promo_code_key
)

select
    getvariable('store') as store,
    purchase_orders.purchase_no,
    any_value(purchases.customer_key) as customer_key,
    shown.promo_code,
    bool_or(order_promo_codes.is_applied) as is_applied
from purchase_orders
inner join order_promo_codes
    on order_promo_codes.store = purchase_orders.store
    and order_promo_codes.order_id = purchase_orders.order_id
inner join purchases
    on purchases.store = purchase_orders.store
    and purchases.purchase_no = purchase_orders.purchase_no
inner join shown on shown.promo_code_key = order_promo_codes.promo_code_key
where purchase_orders.store = getvariable('store')
group by purchase_orders.purchase_no, shown.promo_code_key, shown.promo_code
order by customer_key, purchase_orders.purchase_no;
