-- The export of these days goes on, or begins when none of them is unfinished.
insert into push_exports by name
select
    getvariable('run_id') as export_id,
    getvariable('destination') as destination,
    getvariable('store') as store,
    getvariable('entity') as entity,
    getvariable('dated_by') as dated_by,
    getvariable('from_on')::date as from_on,
    getvariable('to_on')::date as to_on,
    'running' as status,
    0 as done_count,
    getvariable('now')::timestamp as started_at
where not exists (
        from push_exports
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
            and dated_by = getvariable('dated_by')
            and from_on = getvariable('from_on')::date
            and to_on = getvariable('to_on')::date
            and status <> 'completed'
    );

update push_exports
set status = 'running', run_id = getvariable('run_id'), updated_at = getvariable('now')::timestamp
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and dated_by = getvariable('dated_by')
    and from_on = getvariable('from_on')::date
    and to_on = getvariable('to_on')::date
    and status <> 'completed';
