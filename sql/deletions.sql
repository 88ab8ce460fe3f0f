-- name: doubtful
-- The contacts of VTEX whose deletion is in doubt. Registered frame: `listed` (contact_id), all that VTEX
-- lists. Known and not listed, or taken as deleted and listed. Grain: one row per contact; in an order that
-- every run draws again, so that those beyond what one run asks for have their turn.
with deleted as (
    select contact_id
    from contact_deletions
    where store = getvariable('store') and source = 'vtex'
)

select
    contact_id,
    contact_id not in (select contact_id from listed) as is_unlisted
from contacts
where store = getvariable('store')
    and source = 'vtex'
    and (contact_id in (select contact_id from listed))
    = (contact_id in (select contact_id from deleted))
order by hash(contact_id || getvariable('run_id'));

-- name: settle
-- contact_deletions, from the registered frames `gone` (contact_id, deleted_at), documents VTEX has no
-- more, and `alive` (contact_id), documents it has just shown. Of a contact that was never known, or is
-- forgotten, nothing is kept. When anything changes, the store is to be resolved again.
create or replace temp table new_deletions as
select contact_id, max(deleted_at) as deleted_at
from gone
where contact_id in (
        select contact_id
        from contacts
        where store = getvariable('store') and source = 'vtex'
    )
    and contact_id not in (
        select contact_id
        from contact_deletions
        where store = getvariable('store')
            and source = 'vtex'
            and contact_id not in (select contact_id from alive)
    )
group by contact_id;

delete from state.resolved
where store = getvariable('store')
    and (
        (select count(*) from new_deletions) > 0
        or exists (
            from contact_deletions
            inner join alive using (contact_id)
            where contact_deletions.store = getvariable('store')
                and contact_deletions.source = 'vtex'
        )
    );

delete from contact_deletions
where store = getvariable('store')
    and source = 'vtex'
    and contact_id in (select contact_id from alive);

insert into contact_deletions by name
select
    getvariable('store') as store,
    'vtex' as source,
    contact_id,
    deleted_at,
    getvariable('run_id')::varchar as run_id
from new_deletions;

-- name: returned
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
