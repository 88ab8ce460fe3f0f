-- Customers without a purchase or another sign of life since `before`. Of whom no moment is known at
-- all, nothing can be said: they stay. Grain: one row per customer.
with signs as (
    select order_customers.customer_key, max(greatest(orders.created_at, orders.last_change_at)) as seen_at
    from order_customers
    inner join orders using (store, order_id)
    where order_customers.store = getvariable('store')
    group by order_customers.customer_key
    union all
    select
        links.customer_key,
        max(greatest(contacts.created_at, contacts.updated_at, contacts.last_interaction_at))
    from contacts
    inner join identity_links as links
        on links.store = contacts.store
        and links.kind = 'contact'
        and links.value = contacts.source || ':' || contacts.contact_id
    where contacts.store = getvariable('store')
    group by links.customer_key
    union all
    select customer_key, max(changed_at)
    from consents
    where store = getvariable('store')
    group by customer_key
    union all
    select customers.customer_key, max(carts.abandoned_at)
    from carts
    inner join customers using (store, customer_id)
    where carts.store = getvariable('store')
    group by customers.customer_key
    union all
    select customer_key, first_seen_at
    from customers
    where store = getvariable('store')
)

select customer_key
from signs
inner join customers using (customer_key)
where customers.store = getvariable('store')
group by customer_key
having max(seen_at) < getvariable('before')::timestamp
order by customer_key;
