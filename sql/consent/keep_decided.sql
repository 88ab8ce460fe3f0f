-- consents and state.consent_wishes of the store, from the registered frames `decided` (person, opted_in,
-- changed_at, origin, is_dated, is_settled) and `wishes` (person, party, opted_in, changed_at, origin).
create or replace temp table customers_by_digest as
select
    email_digest((select salt from state.tombstone_salt), contacts.email) as email_digest,
    min(links.customer_key) as customer_key
from contacts
inner join identity_links as links
    on links.store = contacts.store
    and links.kind = 'contact'
    and links.value = contacts.source || ':' || contacts.contact_id
where contacts.store = getvariable('store') and contacts.email is not null
group by all;

delete from consents where store = getvariable('store');

insert into consents by name
select
    getvariable('store') as store,
    decided.person as email_digest,
    customers_by_digest.customer_key,
    decided.opted_in,
    decided.changed_at,
    decided.origin,
    decided.is_dated,
    decided.is_settled,
    getvariable('now')::timestamp as decided_at
from decided
left join customers_by_digest on customers_by_digest.email_digest = decided.person;

delete from state.consent_wishes where store = getvariable('store');

insert into state.consent_wishes by name
select
    getvariable('store') as store,
    party as destination,
    person as email_digest,
    opted_in,
    changed_at,
    origin
from wishes;
