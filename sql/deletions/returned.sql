-- Customers only: a document of incoming_documents that was touched after its deletion is there again.
-- An older one comes from the search, whose index is late. Then the store is to be resolved again.
delete from state.resolved
where store = getvariable('store')
    and exists (
        from contact_deletions
        inner join incoming_documents on incoming_documents.key = contact_deletions.contact_id
        where contact_deletions.store = getvariable('store')
            and contact_deletions.source = 'vtex'
            and incoming_documents.changed_at > contact_deletions.deleted_at
    );

delete from contact_deletions
using incoming_documents
where contact_deletions.store = getvariable('store')
    and contact_deletions.source = 'vtex'
    and contact_deletions.contact_id = incoming_documents.key
    and incoming_documents.changed_at > contact_deletions.deleted_at;
