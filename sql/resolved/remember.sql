-- state.resolved: what this resolve read, and by which rules.
delete from state.resolved where store = getvariable('store');

insert into state.resolved
values (
    getvariable('store'), getvariable('fingerprint'), getvariable('rules'), getvariable('run_id'),
    getvariable('now')::timestamp
);
