-- consent_decisions: what is about to be written to VTEX, before it is, from the registered frame
-- `incoming` (contact_id, person, was, opted_in, changed_at, origin).
insert into consent_decisions by name
select
    getvariable('store') as store,
    'vtex' as party,
    incoming.person as email_digest,
    incoming.contact_id,
    links.customer_key,
    incoming.was,
    incoming.opted_in,
    incoming.changed_at,
    incoming.origin,
    'intended' as outcome,
    getvariable('now')::timestamp as decided_at,
    getvariable('run_id')::varchar as run_id
from incoming
left join identity_links as links
    on links.store = getvariable('store')
    and links.kind = 'contact'
    and links.value = 'vtex:' || incoming.contact_id;
