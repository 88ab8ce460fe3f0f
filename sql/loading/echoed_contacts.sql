-- Customers only: a document that differs in nothing but its audit dates is the stored one. They move
-- with every visit and with every field that is written back to VTEX, and say nothing of the person. But
-- where a consent was written since, the stored document is not the last word: what contradicts us is news.
update incoming_documents
set payload = stored_payload, changed_at = stored_changed_at
where payload <> stored_payload
    and json_merge_patch(payload::json, '{"updatedIn": null, "lastInteractionIn": null}')
    = json_merge_patch(stored_payload::json, '{"updatedIn": null, "lastInteractionIn": null}')
    and not exists (
        from state.consent_known as known
        where known.store = getvariable('store')
            and known.party = 'vtex'
            and known.subject = incoming_documents.key
            and known.opted_in is distinct from try_cast(
                incoming_documents.payload::json ->> 'isNewsletterOptIn' as boolean
            )
    );
