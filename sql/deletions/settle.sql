-- contact_deletions, from the registered frames `gone` (contact_id, deleted_at), documents VTEX has no
-- more, and `alive` (contact_id), documents it has just shown. Of a contact that was never known, or is
-- forgotten, nothing is kept.
delete from contact_deletions
where store = getvariable('store')
    and source = 'vtex'
    and contact_id in (select contact_id from alive);

insert into contact_deletions by name
select
    getvariable('store') as store,
    'vtex' as source,
    contact_id,
    max(deleted_at) as deleted_at,
    getvariable('run_id')::varchar as run_id
from gone
where contact_id in (
        select contact_id
        from contacts
        where store = getvariable('store') and source = 'vtex'
    )
    and contact_id not in (
        select contact_id
        from contact_deletions
        where store = getvariable('store') and source = 'vtex'
    )
group by contact_id;
