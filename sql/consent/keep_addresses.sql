-- state.consent_addresses, from the registered frame `incoming` (email): of people with no document in
-- VTEX, who are to be created there; forgotten_emails is of keep_statements.sql.
insert into state.consent_addresses by name
with cleaned as (
    select distinct clean_email(email) as email
    from incoming
    where event = 'subscribed'
)

select
    getvariable('store') as store,
    email_digest((select salt from state.tombstone_salt), email) as email_digest,
    email,
    getvariable('now')::timestamp as kept_at
from cleaned
where email is not null
    and email not in (
        select email
        from contacts
        where store = getvariable('store') and source = 'vtex' and email is not null
    )
    and email not in (select email from forgotten_emails)
    and email_digest((select salt from state.tombstone_salt), email) not in (
        select email_digest from state.consent_addresses where store = getvariable('store')
    );
