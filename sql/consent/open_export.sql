-- The export of a platform that was not read to its end. Grain: at most one row.
select export_id
from state.consent_exports
where store = getvariable('store') and destination = getvariable('destination');
