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
