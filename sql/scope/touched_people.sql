-- Only those are identified anew whom a touched order or contact may concern: its people of before, the
-- owners of its identifiers, and whoever stands in a conflict with one of them, through any chain. Two
-- people who share an identifier are one, or in conflict, so nobody else's identity can change.
create or replace temp table touched_keys as
with recursive identifiers (kind, value) as (
    select 'customer_id', lower(coalesce(user_profile_id, customer_id))
    from orders
    where store = getvariable('store') and order_id in (from touched_orders)
    union
    select unnest(['document', 'email']), unnest([document, email])
    from orders
    where store = getvariable('store') and order_id in (from touched_orders)
    union
    select
        unnest(['customer_id', 'document', 'email']), unnest([lower(customer_id), document, email])
    from contacts
    where store = getvariable('store') and source || ':' || contact_id in (from touched_contacts)
    union
    select 'contact', contact
    from touched_contacts
),

conflicts (customer_key, other_customer_key) as (
    select customer_key, other_customer_key
    from identity_conflicts
    where store = getvariable('store')
    union
    select other_customer_key, customer_key
    from identity_conflicts
    where store = getvariable('store')
),

reached (customer_key) as (
    select customer_key
    from order_customers
    where store = getvariable('store') and order_id in (from touched_orders)
    union
    select links.customer_key
    from identity_links as links
    inner join identifiers on identifiers.kind = links.kind and identifiers.value = links.value
    where links.store = getvariable('store')
    union
    select conflicts.other_customer_key
    from reached
    inner join conflicts on conflicts.customer_key = reached.customer_key
)

select customer_key
from reached;

create or replace temp table order_customers_before as
select order_id, customer_key
from order_customers
where store = getvariable('store')
    and (customer_key in (from touched_keys) or order_id in (from touched_orders));

create or replace temp table touched_links as
from identity_links
where store = getvariable('store') and customer_key in (from touched_keys);

create or replace temp table identifying_orders as
from orders
where store = getvariable('store')
    and (
        order_id in (from touched_orders)
        or order_id in (select order_id from order_customers_before)
    );

create or replace temp table identifying_contacts as
from contacts
where store = getvariable('store')
    and (
        source || ':' || contact_id in (from touched_contacts)
        or source || ':' || contact_id in (select value from touched_links where kind = 'contact')
    );

-- A view cannot take the place of a table of its name, so the rows have names of their own.
create or replace temp view orders_to_identify as from identifying_orders;

create or replace temp view contacts_to_identify as from identifying_contacts;

create or replace temp view links_to_follow as from touched_links;

delete from order_customers
where store = getvariable('store')
    and order_id in (select order_id from order_customers_before);

delete from identity_conflicts
where store = getvariable('store')
    and (customer_key in (from touched_keys) or other_customer_key in (from touched_keys));

delete from customers
where store = getvariable('store') and customer_key in (from touched_keys);
