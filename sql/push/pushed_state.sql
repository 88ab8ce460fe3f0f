-- What a platform last accepted, and how the last attempt ended. Grain: one row per record. What is
-- in a job that is not over counts as accepted, so that it is not sent a second time.
select
    push_records.record_id,
    coalesce(pending.hash, push_records.hash) as hash,
    push_records.accepted_at,
    push_records.outcome,
    push_records.remote_key
from push_records
left join push_job_records as pending
    on pending.destination = push_records.destination
    and pending.store = push_records.store
    and pending.entity = push_records.entity
    and pending.record_id = push_records.record_id
where push_records.destination = getvariable('destination')
    and push_records.store = getvariable('store')
    and push_records.entity = getvariable('entity')
order by push_records.record_id;
