-- carts.is_abandoned settled, of all carts: the checkout was not finished, and the customer placed no
-- completed order since the cart was left.
update carts
set is_abandoned = decided.is_abandoned
from (
    select
        contact_id,
        checkout_step is distinct from 'Finalizado'
        and not exists (
            from identity_links
            inner join order_customers
                on order_customers.store = identity_links.store
                and order_customers.customer_key = identity_links.customer_key
            inner join orders
                on orders.store = order_customers.store
                and orders.order_id = order_customers.order_id
            where identity_links.store = carts.store
                and identity_links.kind = 'contact'
                and identity_links.value = 'vtex:' || carts.contact_id
                and orders.is_completed
                and orders.created_at >= carts.abandoned_at
        ) as is_abandoned
    from carts
    where store = getvariable('store')
) as decided
where carts.store = getvariable('store')
    and carts.contact_id = decided.contact_id
    and carts.is_abandoned is distinct from decided.is_abandoned;
