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
