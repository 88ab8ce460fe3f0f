-- Customers only: a document of incoming_documents that was touched after its deletion is there again.
-- An older one comes from the search, whose index is late.
delete from contact_deletions
using incoming_documents
where contact_deletions.store = getvariable('store')
    and contact_deletions.source = 'vtex'
    and contact_deletions.contact_id = incoming_documents.key
    and incoming_documents.changed_at > contact_deletions.deleted_at;
