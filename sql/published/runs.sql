-- runs, for the read copy. Grain: one row per run of a job.
select run_id, job, store, started_at, finished_at, status, summary
from state.runs;
