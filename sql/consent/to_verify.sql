-- Customer documents that show something else than we know, though we wrote them or meant to: the search
-- they came from may be late, so they are read by id before that is believed. Grain: one row per
-- document.
select known.subject as contact_id
from state.consent_known as known
inner join contacts
    on contacts.store = known.store
    and contacts.source = 'vtex'
    and contacts.contact_id = known.subject
inner join raw.vtex_customers as documents
    on documents.store = known.store and documents.key = known.subject
where known.store = getvariable('store')
    and known.party = 'vtex'
    and contacts.newsletter_opt_in is distinct from known.opted_in
    and documents.pulled_at > coalesce(known.written_at, '-infinity'::timestamp)
    and (
        known.written_at is not null
        or known.subject in (
            select contact_id
            from consent_decisions
            where store = getvariable('store')
                and party = 'vtex'
                and outcome in ('intended', 'unknown')
        )
    )
order by known.subject;
