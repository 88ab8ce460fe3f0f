-- The last run of each job. Grain: one row per job.
select job, arg_max(status, started_at) as status, max(started_at) as started_at,
    max(finished_at) filter (status = 'completed') as completed_at
from runs
where store = getvariable('store') or store is null
group by job
order by started_at desc, job;
