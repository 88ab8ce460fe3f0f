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
