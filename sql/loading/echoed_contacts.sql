-- Customers only: a document that differs in nothing but its audit dates is the stored one. They move
-- with every visit and with every field that is written back to VTEX, and say nothing of the person.
update incoming_documents
set payload = stored_payload, changed_at = stored_changed_at
where payload <> stored_payload
    and json_merge_patch(payload::json, '{"updatedIn": null, "lastInteractionIn": null}')
    = json_merge_patch(stored_payload::json, '{"updatedIn": null, "lastInteractionIn": null}');
