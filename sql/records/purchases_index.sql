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
