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
