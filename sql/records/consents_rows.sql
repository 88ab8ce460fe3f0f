-- The whole consents of the registered frame `asked` (record_id). Grain: one row per person.
select
    email_digest as record_id,
    email,
    opted_in,
    changed_at,
    origin
from consents_to_push
inner join asked on asked.record_id = consents_to_push.email_digest;
