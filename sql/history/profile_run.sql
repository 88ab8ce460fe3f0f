-- Profiles of one day are kept; the same day twice is one row.
delete from profile_runs
where store = getvariable('store') and as_of = getvariable('as_of')::date;

insert into profile_runs
values (
    getvariable('run_id')::varchar, getvariable('store'), getvariable('as_of')::date,
    getvariable('customer_count'), getvariable('now')::timestamp
);
