-- A push to one destination begins.
insert into push_runs
values (
    getvariable('run_id'), getvariable('destination'), getvariable('store'),
    getvariable('now')::timestamp, null, 'running', null
);
