-- name: to_push
-- carts_to_push (temporary). Grain: one row per known customer with an abandoned cart of the last
-- cart_days days, the newest one; and the customers whose cart is there and who finished it, or whose
-- cart is older now (is_over).
create or replace temp table carts_to_push as
with of_customers as (
    select identity_links.customer_key, carts.*
    from carts
    inner join identity_links
        on identity_links.store = carts.store
        and identity_links.kind = 'contact'
        and identity_links.value = 'vtex:' || carts.contact_id
    where carts.store = getvariable('store')
        and carts.abandoned_at <= getvariable('now')::timestamp
    qualify row_number() over (
        partition by identity_links.customer_key
        order by carts.abandoned_at desc, carts.contact_id
    ) = 1
),

judged as (
    select
        *,
        not is_abandoned
        or len(skus) = 0
        or abandoned_at
        < getvariable('now')::timestamp - to_days(getvariable('cart_days')::integer) as is_over
    from of_customers
)

from judged
where not is_over or customer_key::varchar in (select record_id from there);

-- name: index
-- What a plan needs of carts_to_push. Grain: one row per customer. Of a cart that is over nothing but
-- that is sent, so nothing but that is a change.
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

-- name: rows
-- The whole carts of the registered frame `asked` (record_id). Grain: one row per customer. The url puts
-- the same products into a new cart of the shop.
with lines as (
    select
        customer_key,
        unnest(skus) as sku,
        unnest(quantities) as quantity,
        generate_subscripts(skus, 1) as line_no
    from carts_to_push
    where customer_key::varchar in (select record_id from asked)
),

named as (
    select
        lines.customer_key,
        list({
            'sku': lines.sku,
            'product': coalesce(skus.product, skus.sku_name, lines.sku),
            'quantity': coalesce(lines.quantity, 1),
            'url': page_url(skus.detail_url, getvariable('shop_url')),
            'image_url': skus.image_url
        } order by lines.line_no) as lines
    from lines
    left join skus on skus.store = getvariable('store') and skus.sku = lines.sku
    group by lines.customer_key
)

select
    carts_to_push.customer_key::varchar as record_id,
    carts_to_push.customer_key,
    coalesce(carts_to_push.customer_id, customers.customer_id) as customer_id,
    coalesce(carts_to_push.email, customers.email) as email,
    customers.first_name,
    carts_to_push.contact_id || '@' || strftime(carts_to_push.abandoned_at, '%Y%m%dT%H%M%S')
        as cart_id,
    carts_to_push.abandoned_at,
    (carts_to_push.abandoned_at at time zone 'UTC' at time zone getvariable('time_zone'))::date
        as abandoned_on,
    not carts_to_push.is_over as is_abandoned,
    units(coalesce(carts_to_push.value_cents, 0)) as amount,
    getvariable('currency')::varchar as currency,
    carts_to_push.checkout_step,
    page_url(
        'checkout/cart/' || (raw.vtex_customers.payload ->> '$.rclastcart'),
        getvariable('shop_url')
    ) as url,
    coalesce(named.lines, []) as lines
from carts_to_push
inner join asked on asked.record_id = carts_to_push.customer_key::varchar
inner join customers
    on customers.store = getvariable('store')
    and customers.customer_key = carts_to_push.customer_key
left join raw.vtex_customers
    on raw.vtex_customers.store = getvariable('store')
    and raw.vtex_customers.key = carts_to_push.contact_id
left join named on named.customer_key = carts_to_push.customer_key;
