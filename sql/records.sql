-- name: there
-- there (temporary). Grain: one row per record that a destination has or may have of one entity: sent
-- before, or on its way when a push was killed.
create or replace temp table there as
select record_id
from push_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and (accepted_at is not null or outcome in ('queued', 'unknown'))
union
select record_id
from push_intents
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity');

-- name: customer_days
-- When each customer came and when anything of them changed last. Grain: one row per customer. Came:
-- the earliest creation of their contacts, else their first order.
with of_contacts as (
    select
        identity_links.customer_key,
        min(contacts.created_at) as created_at,
        max(greatest(contacts.created_at, contacts.updated_at, contacts.last_interaction_at))
            as changed_at
    from contacts
    inner join identity_links
        on identity_links.store = contacts.store
        and identity_links.kind = 'contact'
        and identity_links.value = contacts.source || ':' || contacts.contact_id
    where contacts.store = getvariable('store')
    group by identity_links.customer_key
),

of_orders as (
    select
        order_customers.customer_key,
        min(orders.created_at) as created_at,
        max(greatest(orders.created_at, orders.last_change_at)) as changed_at
    from order_customers
    inner join orders
        on orders.store = order_customers.store and orders.order_id = order_customers.order_id
    where order_customers.store = getvariable('store')
    group by order_customers.customer_key
)

select
    customers.customer_key,
    coalesce(of_contacts.created_at, of_orders.created_at) as happened_at,
    greatest(of_contacts.changed_at, of_orders.changed_at) as changed_at
from customers
left join of_contacts on of_contacts.customer_key = customers.customer_key
left join of_orders on of_orders.customer_key = customers.customer_key
where customers.store = getvariable('store');
