-- How many documents of VTEX were written, or may have been, after a moment. Grain: one row.
select count(*) as row_count
from consent_decisions
where store = getvariable('store')
    and party = 'vtex'
    and outcome in ('accepted', 'intended', 'unknown')
    and coalesce(code, '') not in ('same', 'seen')
    and decided_at > getvariable('since')::timestamp;
