-- What is known of a destination before a push: how many records it has, how many rows the last good
-- run had (null before the first), whether a person confirmed it, since when anything is remembered.
select
    (
        select count(*)
        from push_records
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
            and accepted_at is not null
    ) as accepted_count,
    (
        select (summary ->> 'rows')::bigint
        from push_runs
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
            and status = 'completed'
            and summary ->> 'rows' is not null
        order by finished_at desc, run_id desc
        limit 1
    ) as row_count,
    (
        select min(attempted_at)
        from push_batches
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
    ) as known_since,
    exists (
        select 1
        from push_confirmations
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
    ) as is_confirmed;
