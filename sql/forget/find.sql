-- forgotten_customers, forgotten_contacts and forgotten_identifiers (temporary): the customers of the
-- store whom the text `who` names (an e-mail, a document, the source's id or our key), with the keys
-- merged into theirs, their contacts, and every identifier they own.
create or replace temp table forgotten_customers as
with named as (
    select customer_key
    from identity_links
    where store = getvariable('store')
        and (
            (kind = 'email' and value = lower(trim(getvariable('who'))))
            or (
                kind = 'document'
                and value in (
                    only_digits(getvariable('who')), only_alphanumeric(getvariable('who'))
                )
            )
            or (kind = 'customer_id' and value = lower(trim(getvariable('who'))))
            or (kind = 'contact' and lower(split_part(value, ':', 2)) = lower(trim(getvariable('who'))))
        )
    union
    select customer_key
    from customers
    where store = getvariable('store') and customer_key::varchar = trim(getvariable('who'))
)

select customer_key from named
union
select customer_merges.merged_customer_key
from customer_merges
inner join named on named.customer_key = customer_merges.customer_key
where customer_merges.store = getvariable('store');

create or replace temp table forgotten_contacts as
select contacts.*
from contacts
inner join identity_links as links
    on links.store = contacts.store
    and links.kind = 'contact'
    and links.value = contacts.source || ':' || contacts.contact_id
where contacts.store = getvariable('store')
    and links.customer_key in (select customer_key from forgotten_customers);

create or replace temp table forgotten_identifiers as
select kind, value, customer_key
from identity_links
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers)
union all
select 'email' as kind, lower(trim(getvariable('who'))) as value, null as customer_key
where is_real_email(getvariable('who'))
    and not exists (
        from identity_links
        where store = getvariable('store')
            and kind = 'email'
            and value = lower(trim(getvariable('who')))
    );

insert into state.tombstones
select
    getvariable('store'),
    kind,
    digest,
    customer_key,
    getvariable('now')::timestamp
from (
    select
        *,
        sha256((select salt from state.tombstone_salt) || kind || ':' || lower(value)) as digest
    from forgotten_identifiers
)
where digest not in (select digest from state.tombstones where store = getvariable('store'));

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
    on (theirs.kind = 'customer_id' and theirs.value = lower(coalesce(orders.user_profile_id, orders.customer_id)))
    or (theirs.kind = 'document' and theirs.value = orders.document)
    or (theirs.kind = 'email' and theirs.value = orders.email)
where orders.store = getvariable('store');
