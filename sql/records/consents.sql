-- consents_to_push (temporary). Grain: one row per person whom the destination has to know of and whose
-- address is a customer's; decided by the last run of consent.
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

select wishes.email_digest, addresses.email, wishes.opted_in, wishes.changed_at, wishes.origin
from state.consent_wishes as wishes
inner join addresses on addresses.email_digest = wishes.email_digest
where wishes.store = getvariable('store') and wishes.destination = getvariable('destination');
