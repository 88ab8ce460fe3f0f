-- consent_decisions and state.consent_known: what became of the writes to VTEX of this run, from the
-- registered frame `incoming` (contact_id, person, opted_in, outcome, code, was). What was written, or
-- stood there because we had meant to write it, is what we know from now on.
update consent_decisions
set outcome = incoming.outcome,
    code = incoming.code,
    was = coalesce(incoming.was, consent_decisions.was),
    settled_at = getvariable('now')::timestamp
from incoming
where consent_decisions.store = getvariable('store')
    and consent_decisions.party = 'vtex'
    and consent_decisions.contact_id = incoming.contact_id
    and consent_decisions.run_id = getvariable('run_id')
    and consent_decisions.outcome = 'intended';

-- What runs before this one left open, of documents that were read now.
create or replace temp table left_open as
select
    decisions.contact_id,
    decisions.run_id,
    decisions.opted_in,
    decisions.opted_in is not distinct from incoming.was as has_arrived
from consent_decisions as decisions
inner join incoming on incoming.contact_id = decisions.contact_id
where decisions.store = getvariable('store')
    and decisions.party = 'vtex'
    and decisions.outcome in ('intended', 'unknown')
    and decisions.run_id <> getvariable('run_id')
    and incoming.outcome in ('accepted', 'unchanged');

create or replace temp table known_now as
select contact_id, person, opted_in
from incoming
where outcome = 'accepted'
    or (
        outcome = 'unchanged'
        and (contact_id, opted_in) in (select (contact_id, opted_in) from left_open)
    );

update consent_decisions
set outcome = case when left_open.has_arrived then 'accepted' else 'retryable' end,
    code = case when left_open.has_arrived then 'seen' else 'not_arrived' end,
    settled_at = getvariable('now')::timestamp
from left_open
where consent_decisions.store = getvariable('store')
    and consent_decisions.party = 'vtex'
    and consent_decisions.contact_id = left_open.contact_id
    and consent_decisions.run_id = left_open.run_id
    and consent_decisions.outcome in ('intended', 'unknown');

delete from state.consent_known
where store = getvariable('store')
    and party = 'vtex'
    and subject in (select contact_id from known_now);

insert into state.consent_known by name
select
    getvariable('store') as store,
    'vtex' as party,
    contact_id as subject,
    person as email_digest,
    opted_in,
    getvariable('now')::timestamp as written_at
from known_now;

delete from state.consent_addresses
where store = getvariable('store')
    and email_digest in (select person from known_now);
