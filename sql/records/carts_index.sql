-- What a plan needs of carts_to_push. Grain: one row per customer. Of a cart that is over nothing but
-- that is told, so nothing but that is a change.
select
    carts_to_push.customer_key::varchar as record_id,
    md5(
        case
            when is_over then 'over'
            else concat_ws(
                '|', contact_id, abandoned_at, coalesce(value_cents, 0),
                array_to_string(skus, ','), array_to_string(quantities, ','),
                coalesce(checkout_step, ''), coalesce(getvariable('shop_url'), '')
            )
        end
    ) as digest,
    coalesce(carts_to_push.email, customers.email) as email,
    carts_to_push.abandoned_at as happened_at,
    carts_to_push.abandoned_at as changed_at,
    carts_to_push.is_over
from carts_to_push
inner join customers
    on customers.store = getvariable('store')
    and customers.customer_key = carts_to_push.customer_key
order by carts_to_push.customer_key;
