-- The export that a run works on. Grain: at most one row.
select export_id
from push_exports
where run_id = getvariable('run_id') and status = 'running';
