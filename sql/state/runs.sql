-- The newest runs of jobs.
select *
from state.runs
order by started_at desc, run_id
limit getvariable('row_limit');
