-- consent_statements and email_bounces from the registered frame `incoming`: email, origin, event,
-- changed_at, is_dated, by_person, received_at. An address that is none and a forgotten person stay
-- away; a moment ahead of the receipt is the receipt; what was said before is not said again.
create or replace temp table forgotten_emails as
select clean_email(email) as email
from incoming
cross join tombstone_salts as salts
where email_digest(salts.salt, clean_email(email)) in (
        select digest from state.tombstones where store = getvariable('store')
    );

create or replace temp table incoming_statements as
with cleaned as (
    select * exclude (changed_at),
        email_digest(
            (select salt from state.tombstone_salt), clean_email(email)
        ) as email_digest,
        least(changed_at, received_at) as changed_at
    from incoming
)

select
    email_digest,
    origin,
    event,
    changed_at,
    bool_or(is_dated) as is_dated,
    bool_or(by_person) as by_person,
    min(received_at) as received_at
from cleaned
where email_digest is not null
    and clean_email(email) not in (select email from forgotten_emails)
group by email_digest, origin, event, changed_at;

create or replace temp table new_statements as
select
    getvariable('store') as store,
    email_digest,
    origin,
    event = 'subscribed' as opted_in,
    changed_at,
    is_dated,
    by_person,
    received_at,
    getvariable('run_id')::varchar as run_id
from incoming_statements as said
where event in ('subscribed', 'unsubscribed')
    and not exists (
        from consent_statements as known
        where known.store = getvariable('store')
            and known.email_digest = said.email_digest
            and known.origin = said.origin
            and known.opted_in = (said.event = 'subscribed')
            and known.changed_at = said.changed_at
    );

insert into consent_statements by name from new_statements;

insert into email_bounces by name
select
    getvariable('store') as store,
    email_digest,
    origin,
    changed_at as bounced_at,
    getvariable('run_id')::varchar as run_id
from incoming_statements as said
where event = 'bounced'
    and not exists (
        from email_bounces as known
        where known.store = getvariable('store')
            and known.email_digest = said.email_digest
            and known.origin = said.origin
            and known.bounced_at = said.changed_at
    );
