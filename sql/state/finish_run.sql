-- A run of a job is over; summary is JSON.
update state.runs
set finished_at = getvariable('now')::timestamp,
    status = getvariable('status'),
    summary = getvariable('summary')::json
where run_id = getvariable('run_id');
