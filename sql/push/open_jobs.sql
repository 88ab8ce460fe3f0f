-- The records of the jobs a platform has not finished. Grain: one row per job and record.
select job_id, record_id, hash, remote_key
from push_job_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
order by job_id, record_id;
