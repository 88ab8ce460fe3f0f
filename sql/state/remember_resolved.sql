-- state.resolved: this resolve. It counts until something is loaded, or until the rules are others.
delete from state.resolved where store = getvariable('store');

insert into state.resolved by name
select
    getvariable('store') as store,
    getvariable('rules') as rules,
    getvariable('run_id') as run_id,
    getvariable('now')::timestamp as resolved_at;
