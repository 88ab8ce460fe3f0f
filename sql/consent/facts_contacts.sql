-- What the customer documents of VTEX show, as far as we know. Grain: one row per document.
select known.email_digest as person, known.subject as contact_id, known.opted_in
from state.consent_known as known
inner join contacts
    on contacts.store = known.store
    and contacts.source = 'vtex'
    and contacts.contact_id = known.subject
where known.store = getvariable('store')
    and known.party = 'vtex'
    and contacts.email is not null
    and known.subject not in (
        select contact_id
        from contact_deletions
        where store = getvariable('store') and source = 'vtex'
    );
