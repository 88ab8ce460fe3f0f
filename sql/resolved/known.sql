-- The last resolve of one store, when it read the same by the same rules. Grain: one row, or none.
select run_id
from state.resolved
where store = getvariable('store')
    and fingerprint = getvariable('fingerprint')
    and rules = getvariable('rules');
