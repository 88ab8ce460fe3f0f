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
