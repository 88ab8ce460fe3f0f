-- What a platform last accepted, and how the last attempt ended. Grain: one row per record, those among
-- them that were on their way when a push was killed. What is in a job that is not over counts as
-- accepted, so that it is not sent a second time. The memo is that of the last request that left.
with pending as (
    select record_id, hash
    from push_job_records
    where destination = getvariable('destination')
        and store = getvariable('store')
        and entity = getvariable('entity')
),

leaving as (
    select record_id, arg_max(memo, intended_at) as memo
    from push_intents
    where destination = getvariable('destination')
        and store = getvariable('store')
        and entity = getvariable('entity')
    group by record_id
),

records as (
    select record_id, hash, accepted_at, outcome, remote_key, memo, export_id
    from push_records
    where destination = getvariable('destination')
        and store = getvariable('store')
        and entity = getvariable('entity')
)

select
    coalesce(records.record_id, leaving.record_id) as record_id,
    coalesce(pending.hash, records.hash) as hash,
    records.accepted_at,
    records.outcome,
    records.remote_key,
    coalesce(leaving.memo, records.memo) as memo,
    records.export_id
from records
full join leaving on leaving.record_id = records.record_id
left join pending on pending.record_id = records.record_id
order by record_id;
