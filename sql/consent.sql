-- name: to_verify
-- Customer documents that show something else than we know, though we wrote them or meant to: the search
-- they came from may be late, so they are read by id before that is believed. Grain: one row per
-- document.
select known.subject as contact_id
from state.consent_known as known
inner join contacts
    on contacts.store = known.store
    and contacts.source = 'vtex'
    and contacts.contact_id = known.subject
inner join raw.vtex_customers as documents
    on documents.store = known.store and documents.key = known.subject
where known.store = getvariable('store')
    and known.party = 'vtex'
    and contacts.newsletter_opt_in is distinct from known.opted_in
    and documents.pulled_at > coalesce(known.written_at, '-infinity'::timestamp)
    and (
        known.written_at is not null
        or known.subject in (
            select contact_id
            from consent_decisions
            where store = getvariable('store')
                and party = 'vtex'
                and outcome in ('intended', 'unknown')
        )
    )
order by known.subject;

-- name: people_to_look_at
-- The customers whom a platform has and who were looked at the longest time ago, if ever. Grain: one row
-- per address.
with people as (
    select distinct
        lower(remote_key) as email,
        email_digest((select salt from state.tombstone_salt), lower(remote_key)) as email_digest
    from push_records
    where store = getvariable('store')
        and destination = getvariable('destination')
        and accepted_at is not null
        and hash is not null
        and contains(remote_key, '@')
)

select people.email
from people
left join state.consent_known as known
    on known.store = getvariable('store')
    and known.party = getvariable('destination')
    and known.subject = people.email_digest
order by known.known_at nulls first, people.email_digest
limit getvariable('row_limit');

-- name: look_at_people
-- looked (temporary): what a platform shows of the people of the registered frame `shown` (email,
-- opted_in), asked one by one. Grain: one row per person.
create or replace temp table looked as
select
    getvariable('party') as party,
    email_digest((select salt from state.tombstone_salt), clean_email(email)) as subject,
    email_digest((select salt from state.tombstone_salt), clean_email(email)) as email_digest,
    bool_and(opted_in) as opted_in,
    null::timestamp as born_at,
    getvariable('now')::timestamp as touched_at
from shown
where clean_email(email) is not null
group by all;

-- name: new_statements
-- What a run took in. Grain: one row per origin.
select origin, count(*) as row_count
from consent_statements
where store = getvariable('store') and run_id = getvariable('run_id')
group by origin
order by origin;

-- name: written_since
-- How many documents of VTEX were written, or may have been, after a moment. Grain: one row.
select count(*) as row_count
from consent_decisions
where store = getvariable('store')
    and party = 'vtex'
    and outcome in ('accepted', 'intended', 'unknown')
    and coalesce(code, '') not in ('same', 'seen')
    and decided_at > getvariable('since')::timestamp;

-- name: refused
-- What VTEX refused to take, or has under another address: not tried again on the same word. Grain: one
-- row per decision.
select contact_id, email_digest as person, opted_in, changed_at
from consent_decisions
where store = getvariable('store') and party = 'vtex' and outcome in ('rejected', 'invalid');

-- name: sample
-- Of whom the registered frame `asked` (person) speaks. Grain: one row per person with an address.
select distinct
    asked.person,
    contacts.email
from asked
inner join contacts
    on contacts.store = getvariable('store')
    and contacts.email is not null
    and email_digest((select salt from state.tombstone_salt), contacts.email) = asked.person;

-- name: facts_statements
-- Everything that was said. Grain: one row per statement.
select email_digest as person, origin, opted_in, changed_at, is_dated, by_person
from consent_statements
where store = getvariable('store');

-- name: facts_writes
-- What we sent the platforms and may have arrived. Grain: one row per decision.
select
    email_digest as person,
    party,
    opted_in,
    decided_at as written_at,
    settled_at,
    outcome in ('accepted', 'queued') as is_certain
from consent_decisions
where store = getvariable('store')
    and party <> 'vtex'
    and outcome in ('accepted', 'queued', 'intended', 'unknown');

-- name: facts_contacts
-- What the customer documents of VTEX show, as far as we know. Grain: one row per document.
select known.email_digest as person, known.subject as contact_id, known.opted_in
from state.consent_known as known
inner join contacts
    on contacts.store = known.store
    and contacts.source = 'vtex'
    and contacts.contact_id = known.subject
where known.store = getvariable('store')
    and known.party = 'vtex'
    and contacts.email is not null
    and known.subject not in (
        select contact_id
        from contact_deletions
        where store = getvariable('store') and source = 'vtex'
    );

-- name: facts_there
-- Whom a platform that knows people by their address was pushed. Grain: one row per platform and person.
select distinct
    email_digest((select salt from state.tombstone_salt), lower(remote_key)) as person,
    destination as party
from push_records
where store = getvariable('store')
    and list_contains(getvariable('parties')::varchar[], destination)
    and accepted_at is not null
    and hash is not null
    and contains(remote_key, '@');

-- name: keep_decided
-- consents and state.consent_wishes of the store, from the registered frames `decided` (person, opted_in,
-- changed_at, origin, is_dated, is_settled) and `desired_consents` (person, party, opted_in, changed_at, origin).
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
from desired_consents;

-- name: intend_contacts
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

-- name: keep_addresses
-- state.consent_addresses, from the registered frame `incoming` (email): of people with no document in
-- VTEX, who are to be created there; forgotten_emails is of keep_statements.sql.
insert into state.consent_addresses by name
with cleaned as (
    select distinct clean_email(email) as email
    from incoming
    where event = 'subscribed'
)

select
    getvariable('store') as store,
    email_digest((select salt from state.tombstone_salt), email) as email_digest,
    email,
    getvariable('now')::timestamp as kept_at
from cleaned
where email is not null
    and email not in (
        select email
        from contacts
        where store = getvariable('store') and source = 'vtex' and email is not null
    )
    and email not in (select email from forgotten_emails)
    and email_digest((select salt from state.tombstone_salt), email) not in (
        select email_digest from state.consent_addresses where store = getvariable('store')
    );

-- name: drop_addresses
-- Addresses that are somebody's by now, of people who want it no more, or of nobody we want to create.
delete from state.consent_addresses
where store = getvariable('store')
    and (
        not getvariable('is_wanted')
        or email in (
            select email
            from contacts
            where store = getvariable('store') and source = 'vtex' and email is not null
        )
        or email_digest in (
            select email_digest
            from consents
            where store = getvariable('store') and not opted_in
        )
    );

-- name: addresses
-- The addresses of people who are to be created in VTEX. Grain: one row per person.
select email_digest as person, email
from state.consent_addresses
where store = getvariable('store');

-- name: kept_counts
-- What keep_statements made of its frame. Grain: one row.
select
    (select count(*) from new_statements) as statement_count,
    (select count(*) from incoming_statements where event = 'bounced') as bounce_count,
    (select count(*) from incoming) - (
        select count(*) from incoming where clean_email(email) is not null
    ) as unusable_count;

-- name: open_export
-- The export of a platform that was not read to its end. Grain: at most one row.
select export_id
from state.consent_exports
where store = getvariable('store') and destination = getvariable('destination');

-- name: keep_export
-- The export of a platform that is under way; a null one is none.
delete from state.consent_exports
where store = getvariable('store') and destination = getvariable('destination');

insert into state.consent_exports
select
    getvariable('store'),
    getvariable('destination'),
    getvariable('export_id')::varchar,
    getvariable('now')::timestamp
where getvariable('export_id')::varchar is not null;

-- name: intend_decisions
-- consent_decisions: what is about to be sent to a platform, before it is, of the people in the
-- registered frame `leaving` (record_id).
insert into consent_decisions by name
select
    desired.store,
    desired.destination as party,
    desired.email_digest,
    consents.customer_key,
    desired.opted_in,
    desired.changed_at,
    desired.origin,
    'intended' as outcome,
    getvariable('now')::timestamp as decided_at,
    getvariable('run_id')::varchar as run_id
from state.consent_wishes as desired
inner join leaving on leaving.record_id = desired.email_digest
left join consents
    on consents.store = desired.store and consents.email_digest = desired.email_digest
where desired.store = getvariable('store') and desired.destination = getvariable('destination');

-- name: settle_decisions
-- consent_decisions: what a platform answered, from the registered frame `incoming` (record_id, outcome,
-- code). What it only queued is settled when its job is over, or never.
update consent_decisions
set outcome = incoming.outcome,
    code = incoming.code,
    settled_at = case
        when incoming.job_id is null then getvariable('now')::timestamp
    end
from incoming
where consent_decisions.store = getvariable('store')
    and consent_decisions.party = getvariable('destination')
    and consent_decisions.email_digest = incoming.record_id
    and consent_decisions.settled_at is null
    and consent_decisions.outcome in ('intended', 'queued');

-- name: platforms_that_know
-- Which platforms were told of the consent of these people. Grain: one row per destination and person.
select
    told.destination,
    told.record_id,
    min(lower(theirs.value)) as remote_key
from push_records as told
inner join forgotten_identifiers as theirs
    on theirs.kind = 'email'
    and told.record_id
    = email_digest((select salt from state.tombstone_salt), lower(theirs.value))
where told.store = getvariable('store')
    and told.entity = 'consents'
    and (told.accepted_at is not null or told.outcome in ('queued', 'unknown'))
group by told.destination, told.record_id
order by told.destination, told.record_id;

-- name: forget
-- Everything that tells of the consent of the people in forgotten_digests, and the marks of their
-- deleted contacts.
delete from contact_deletions
where store = getvariable('store')
    and (source, contact_id) in (select (source, contact_id) from forgotten_contacts);

delete from consent_statements
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from email_bounces
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from consents
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from consent_decisions
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from state.consent_known
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from state.consent_wishes
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from state.consent_addresses
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from push_records
where store = getvariable('store')
    and entity = 'consents'
    and record_id in (select digest from forgotten_digests);

delete from push_job_records
where store = getvariable('store')
    and entity = 'consents'
    and record_id in (select digest from forgotten_digests);

delete from push_intents
where store = getvariable('store')
    and entity = 'consents'
    and record_id in (select digest from forgotten_digests);
