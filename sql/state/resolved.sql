-- The last resolve of one store by these rules, when nothing was loaded since. Grain: one row, or none.
select run_id, resolved_at
from state.resolved
where store = getvariable('store') and rules = getvariable('rules');
