-- name: to_push
-- consents_to_push (temporary). Grain: one row per person whom the destination has to know of and whose
-- address is a customer's; decided by the last run of consent. A yes of an address that too many share is nobody's.
create or replace temp table consents_to_push as
with addresses as (
    select distinct
        email,
        email_digest((select salt from state.tombstone_salt), email) as email_digest
    from contacts
    where store = getvariable('store')
        and email is not null
        and (source, contact_id) not in (
            select (source, contact_id)
            from contact_deletions
            where store = getvariable('store')
        )
)

select desired.email_digest, addresses.email, desired.opted_in, desired.changed_at, desired.origin
from state.consent_wishes as desired
inner join addresses on addresses.email_digest = desired.email_digest
where desired.store = getvariable('store')
    and desired.destination = getvariable('destination')
    and not (
        desired.opted_in
        and addresses.email in (
            select value
            from identity_conflicts
            where store = getvariable('store') and kind = 'email' and customer_key is null
        )
    );

-- name: index
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

-- name: rows
-- The whole consents of the registered frame `asked` (record_id). Grain: one row per person.
select
    email_digest as record_id,
    email,
    opted_in,
    changed_at,
    origin
from consents_to_push
inner join asked on asked.record_id = consents_to_push.email_digest;
