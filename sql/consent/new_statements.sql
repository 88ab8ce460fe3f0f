-- What a run took in. Grain: one row per origin.
select origin, count(*) as row_count
from consent_statements
where store = getvariable('store') and run_id = getvariable('run_id')
group by origin
order by origin;
