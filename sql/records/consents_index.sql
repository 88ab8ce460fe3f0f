-- What a plan needs of consents_to_push, the no before the yes. Grain: one row per person.
select
    email_digest as record_id,
    md5(concat_ws('|', opted_in, changed_at)) as digest,
    email,
    changed_at as happened_at,
    changed_at,
    false as is_over
from consents_to_push
order by opted_in, changed_at, email_digest;
