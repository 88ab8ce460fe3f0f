-- consent_decisions: what is about to be sent to a platform, before it is, of the people in the
-- registered frame `leaving` (record_id).
insert into consent_decisions by name
select
    wishes.store,
    wishes.destination as party,
    wishes.email_digest,
    consents.customer_key,
    wishes.opted_in,
    wishes.changed_at,
    wishes.origin,
    'intended' as outcome,
    getvariable('now')::timestamp as decided_at,
    getvariable('run_id')::varchar as run_id
from state.consent_wishes as wishes
inner join leaving on leaving.record_id = wishes.email_digest
left join consents
    on consents.store = wishes.store and consents.email_digest = wishes.email_digest
where wishes.store = getvariable('store') and wishes.destination = getvariable('destination');
