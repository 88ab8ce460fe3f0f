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
