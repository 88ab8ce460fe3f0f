-- A run of a job begins.
insert into state.runs
values (
    getvariable('run_id'), getvariable('job'), getvariable('store'),
    getvariable('now')::timestamp, null, 'running', null
);
