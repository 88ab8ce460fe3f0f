-- A push of one entity to one destination is over; summary is JSON.
update push_runs
set finished_at = getvariable('now')::timestamp,
    status = getvariable('status'),
    summary = getvariable('summary')::json
where run_id = getvariable('run_id')
    and destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity');
