-- carts.is_abandoned settled: the checkout was not finished, and the customer placed no completed
-- order since the cart was left.
update carts
set is_abandoned = carts.checkout_step is distinct from 'Finalizado'
    and not exists (
        from identity_links
        inner join judged_orders on judged_orders.customer_key = identity_links.customer_key
        where identity_links.store = carts.store
            and identity_links.kind = 'contact'
            and identity_links.value = 'vtex:' || carts.contact_id
            and judged_orders.is_completed
            and judged_orders.created_at >= carts.abandoned_at
    )
where carts.store = getvariable('store');
