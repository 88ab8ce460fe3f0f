-- looked (temporary): what the customer documents of VTEX show. Grain: one row per document with an
-- address. The registered frame `verified` (contact_id, opted_in) is what those of `to_verify` said
-- when they were read by id; one that could not be read, or that we wrote since it was pulled, is left
-- for the next time.
create or replace temp table looked as
with shown as (
    select
        contacts.contact_id as subject,
        email_digest((select salt from state.tombstone_salt), contacts.email) as email_digest,
        contacts.newsletter_opt_in as opted_in,
        contacts.created_at as born_at,
        coalesce(
            greatest(contacts.last_interaction_at, contacts.updated_at), contacts.created_at
        ) as touched_at,
        documents.pulled_at
    from contacts
    inner join raw.vtex_customers as documents
        on documents.store = contacts.store and documents.key = contacts.contact_id
    where contacts.store = getvariable('store')
        and contacts.source = 'vtex'
        and contacts.email is not null
        and contacts.contact_id not in (
            select contact_id
            from contact_deletions
            where store = getvariable('store') and source = 'vtex'
        )
)

select
    'vtex' as party,
    shown.subject,
    shown.email_digest,
    case when verified.contact_id is null then shown.opted_in else verified.opted_in end
        as opted_in,
    shown.born_at,
    shown.touched_at
from shown
left join state.consent_known as known
    on known.store = getvariable('store')
    and known.party = 'vtex'
    and known.subject = shown.subject
left join verified on verified.contact_id = shown.subject
where known.subject is null
    or verified.contact_id is not null
    or (
        shown.pulled_at > coalesce(known.written_at, '-infinity'::timestamp)
        and shown.subject not in (select contact_id from asked)
    );
