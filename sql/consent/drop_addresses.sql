-- Addresses that are somebody's by now, of people who want it no more, or of nobody we want to create.
delete from state.consent_addresses
where store = getvariable('store')
    and (
        not getvariable('is_wanted')
        or email in (
            select email
            from contacts
            where store = getvariable('store') and source = 'vtex' and email is not null
        )
        or email_digest in (
            select email_digest
            from consents
            where store = getvariable('store') and not opted_in
        )
    );
