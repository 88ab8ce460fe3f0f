-- A push of one entity to one destination begins.
insert into push_runs by name
select
    getvariable('run_id') as run_id,
    getvariable('destination') as destination,
    getvariable('store') as store,
    getvariable('entity') as entity,
    getvariable('now')::timestamp as started_at,
    'running' as status;
