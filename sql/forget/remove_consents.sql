-- Everything that tells of the consent of the people in forgotten_digests, and the marks of their
-- deleted contacts.
delete from contact_deletions
where store = getvariable('store')
    and (source, contact_id) in (select (source, contact_id) from forgotten_contacts);

delete from consent_statements
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from email_bounces
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from consents
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from consent_decisions
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from state.consent_known
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from state.consent_wishes
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from state.consent_addresses
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);

delete from push_records
where store = getvariable('store')
    and entity = 'consents'
    and record_id in (select digest from forgotten_digests);

delete from push_job_records
where store = getvariable('store')
    and entity = 'consents'
    and record_id in (select digest from forgotten_digests);

delete from push_intents
where store = getvariable('store')
    and entity = 'consents'
    and record_id in (select digest from forgotten_digests);
