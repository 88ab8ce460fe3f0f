-- purchase_promo_codes. Grain: one row per purchase and promo code. Codes are compared without case
-- and shown as on the earliest order of the store that has them; applied when any order says so.
delete from purchase_promo_codes where store = getvariable('store');

insert into purchase_promo_codes by name
with spelled as (
    select
        promo_code_key,
        min(promo_code) as promo_code,
        min(promo_code) is distinct from max(promo_code) as is_spelled_otherwise
    from order_promo_codes
    where store = getvariable('store')
    group by promo_code_key
),

earliest as (
    select
        order_promo_codes.promo_code_key,
        arg_min(order_promo_codes.promo_code, (orders.created_at, orders.order_id)) as promo_code
    from order_promo_codes
    inner join orders
        on orders.store = order_promo_codes.store
        and orders.order_id = order_promo_codes.order_id
    where order_promo_codes.store = getvariable('store')
        and order_promo_codes.promo_code_key in (
            select promo_code_key from spelled where is_spelled_otherwise
        )
    group by order_promo_codes.promo_code_key
)

select
    getvariable('store') as store,
    order_purchases.purchase_no,
    any_value(order_purchases.customer_key) as customer_key,
    coalesce(earliest.promo_code, spelled.promo_code) as promo_code,
    bool_or(order_promo_codes.is_applied) as is_applied
from order_promo_codes
inner join order_purchases on order_purchases.order_id = order_promo_codes.order_id
inner join spelled on spelled.promo_code_key = order_promo_codes.promo_code_key
left join earliest on earliest.promo_code_key = order_promo_codes.promo_code_key
where order_promo_codes.store = getvariable('store')
group by
    order_purchases.purchase_no,
    order_promo_codes.promo_code_key,
    coalesce(earliest.promo_code, spelled.promo_code)
order by customer_key, order_purchases.purchase_no;
