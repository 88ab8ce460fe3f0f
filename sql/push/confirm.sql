-- A person agreed to push to this destination.
insert into push_confirmations
values (
    getvariable('destination'), getvariable('store'), getvariable('entity'),
    getvariable('run_id'), getvariable('now')::timestamp
);
