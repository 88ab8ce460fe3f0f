-- What belongs to the people of the registered frames `named_customers` (customer_key) and
-- `named_identifiers` (kind, value, customer_key), in temporary tables: forgotten_customers (with the keys
-- merged into theirs), forgotten_identifiers, forgotten_digests (as consent knows them),
-- forgotten_contacts and forgotten_orders.
create or replace temp table forgotten_customers as
with recursive theirs as (
    select customer_key from named_customers
    union
    select customer_merges.merged_customer_key
    from customer_merges
    inner join theirs on theirs.customer_key = customer_merges.customer_key
    where customer_merges.store = getvariable('store')
)

from theirs;

create or replace temp table forgotten_identifiers as
select kind, value, customer_key
from identity_links
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers)
union
select kind, value, customer_key
from named_identifiers;

create or replace temp table forgotten_digests as
select distinct email_digest((select salt from state.tombstone_salt), lower(value)) as digest
from forgotten_identifiers
where kind = 'email';

create or replace temp table forgotten_contacts as
select *
from contacts
where store = getvariable('store')
    and source || ':' || contact_id in (
        select value from forgotten_identifiers where kind = 'contact'
    );

-- The orders of these customers, and any other that carries what is theirs.
create or replace temp table forgotten_orders as
select order_id
from order_customers
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers)
union
select orders.order_id
from orders
inner join forgotten_identifiers as theirs
    on theirs.kind = 'customer_id'
    and theirs.value = id_key(coalesce(orders.user_profile_id, orders.customer_id))
where orders.store = getvariable('store')
union
select orders.order_id
from orders
inner join forgotten_identifiers as theirs
    on theirs.kind = 'document' and theirs.value = orders.document
where orders.store = getvariable('store')
union
select orders.order_id
from orders
inner join forgotten_identifiers as theirs on theirs.kind = 'email' and theirs.value = orders.email
where orders.store = getvariable('store');
