-- name: status
-- What is known of a destination before a push: how many records it has, how many rows the last good
-- run had (null before the first), whether a person confirmed it, since when anything is remembered.
select
    (
        select count(*)
        from push_records
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
            and accepted_at is not null
    ) as accepted_count,
    (
        select (summary ->> 'rows')::bigint
        from push_runs
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
            and status = 'completed'
            and summary ->> 'rows' is not null
        order by finished_at desc, run_id desc
        limit 1
    ) as row_count,
    (
        select min(attempted_at)
        from push_batches
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
    ) as known_since,
    exists (
        select 1
        from push_confirmations
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
    ) as is_confirmed;

-- name: pushed_state
-- What a platform last accepted, and how the last attempt ended. Grain: one row per record, those among
-- them that were on their way when a push was killed. What is in a job that is not over counts as
-- accepted, so that it is not sent a second time. remote_key is null where the platform cannot know the
-- record. The memo is that of the last request that left.
with pending as (
    select record_id, hash, remote_key
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
    coalesce(
        pending.remote_key,
        case
            when records.accepted_at is not null or records.outcome in ('queued', 'unknown')
                then records.remote_key
        end
    ) as remote_key,
    coalesce(leaving.memo, records.memo) as memo,
    records.export_id
from records
full join leaving on leaving.record_id = records.record_id
left join pending on pending.record_id = records.record_id
order by record_id;

-- name: unanswered
-- Records whose request left and whose outcome nobody knows: the sender was killed in between.
select distinct record_id
from push_intents
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
union
select record_id
from push_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and outcome = 'unknown'
order by record_id;

-- name: open_jobs
-- The records of the jobs a platform has not finished. Grain: one row per job and record.
select job_id, record_id, hash, remote_key
from push_job_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
order by job_id, record_id;

-- name: reasons
-- Why records are not on a platform. Grain: one row per outcome, code and message.
select outcome, code, message, count(*) as record_count
from push_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and outcome in ('invalid', 'rejected', 'retryable', 'unknown')
group by all
order by record_count desc, outcome, code, message;

-- name: sent_since
-- How many records were tried at a destination after a moment; a record tried twice counts twice.
select coalesce(sum(record_count), 0)::bigint as record_count
from push_batches
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and attempted_at > getvariable('since')::timestamp;

-- name: overview
-- What each platform holds of each entity, and why most of the refused are not there. Grain: one row per
-- destination, store and entity.
select
    destination,
    store,
    entity,
    count(*) filter (hash is not null) as there_count,
    count(*) filter (outcome in ('rejected', 'invalid')) as refused_count,
    count(*) filter (outcome in ('unknown', 'retryable')) as unanswered_count,
    max(attempted_at) as attempted_at,
    mode(concat_ws(': ', code, message)) filter (outcome in ('rejected', 'invalid')) as reason
from push_records
group by destination, store, entity
order by destination, store, entity;

-- name: confirm
-- A person agreed to push to this destination.
insert into push_confirmations
values (
    getvariable('destination'), getvariable('store'), getvariable('entity'),
    getvariable('run_id'), getvariable('now')::timestamp
);

-- name: start_run
-- A push of one entity to one destination begins.
insert into push_runs by name
select
    getvariable('run_id') as run_id,
    getvariable('destination') as destination,
    getvariable('store') as store,
    getvariable('entity') as entity,
    getvariable('now')::timestamp as started_at,
    'running' as status;

-- name: record_doubtful_addresses
-- Where nobody knows whether the platform has them by a new address, it is kept.
insert into push_addresses by name
select
    records.destination,
    records.store,
    records.entity,
    records.record_id,
    incoming.remote_key as address,
    getvariable('now')::timestamp as noted_at
from incoming
inner join push_records as records
    on records.destination = getvariable('destination')
    and records.store = getvariable('store')
    and records.entity = getvariable('entity')
    and records.record_id = incoming.record_id
where incoming.outcome = 'unknown'
    and incoming.remote_key <> records.remote_key
    and not exists (
        from push_addresses as noted
        where noted.destination = records.destination
            and noted.store = records.store
            and noted.entity = records.entity
            and noted.record_id = records.record_id
            and noted.address = incoming.remote_key
    );

-- name: record_export_progress
-- How many records of `incoming` an export is done with.
update push_exports
set done_count = done_count + (
        select count(distinct record_id)
        from incoming
        where outcome in ('accepted', 'queued', 'rejected', 'invalid')
    ),
    updated_at = getvariable('now')::timestamp
where export_id = getvariable('export_id');

-- name: close_job
-- The platform is done with a job.
delete from push_job_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and job_id = getvariable('closed_job');

update push_jobs
set finished_at = getvariable('now')::timestamp, status = 'finished'
where destination = getvariable('destination')
    and store = getvariable('store')
    and job_id = getvariable('closed_job');

-- name: record_jobs
-- The records of `incoming` that are in a job which the platform works on by itself.
insert into push_job_records
select
    job_id, getvariable('destination'), getvariable('store'), getvariable('entity'), record_id,
    hash, remote_key
from incoming
where job_id is not null;

insert into push_jobs
select
    job_id, getvariable('destination'), getvariable('store'), getvariable('entity'),
    getvariable('run_id'), getvariable('batch_id'), count(*), getvariable('now')::timestamp, null,
    'running'
from incoming
where job_id is not null
group by job_id;

-- name: intend
-- The records of the registered frame `leaving` (record_id, memo, remote_key) are about to be sent. Where the
-- platform may know one of them by another address, that address is kept.
insert into push_addresses by name
with known as (
    select record_id, remote_key as address
    from push_records
    where destination = getvariable('destination')
        and store = getvariable('store')
        and entity = getvariable('entity')
        and (accepted_at is not null or outcome in ('queued', 'unknown'))
    union
    select record_id, remote_key
    from push_job_records
    where destination = getvariable('destination')
        and store = getvariable('store')
        and entity = getvariable('entity')
    union
    select record_id, remote_key
    from push_intents
    where destination = getvariable('destination')
        and store = getvariable('store')
        and entity = getvariable('entity')
)

select
    getvariable('destination') as destination,
    getvariable('store') as store,
    getvariable('entity') as entity,
    known.record_id,
    known.address,
    getvariable('now')::timestamp as noted_at
from known
inner join leaving on leaving.record_id = known.record_id
where known.address <> leaving.remote_key
    and not exists (
        from push_addresses as noted
        where noted.destination = getvariable('destination')
            and noted.store = getvariable('store')
            and noted.entity = getvariable('entity')
            and noted.record_id = known.record_id
            and noted.address = known.address
    );

insert into push_intents by name
select
    getvariable('destination') as destination,
    getvariable('store') as store,
    getvariable('entity') as entity,
    record_id,
    getvariable('batch_id') as batch_id,
    getvariable('run_id') as run_id,
    getvariable('now')::timestamp as intended_at,
    memo,
    remote_key
from leaving;

-- name: moved
-- The platform gave contacts a new address: the registered frame `moved` (record_id, former, address).
update push_records
set remote_key = moved.address
from moved
where push_records.destination = getvariable('destination')
    and push_records.store = getvariable('store')
    and push_records.entity = getvariable('entity')
    and push_records.record_id = moved.record_id;

delete from push_addresses
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and (record_id, address) in (select (record_id, former) from moved);

-- name: former_addresses
-- What a platform knew customers by before, and nobody else by now, of customers whose present address it has
-- accepted. is_removed: the customer was cleared or deleted there. Grain: one row per record and address.
select
    former.record_id,
    former.address,
    former.state,
    records.remote_key,
    records.hash is null as is_removed
from push_addresses as former
inner join push_records as records
    on records.destination = former.destination
    and records.store = former.store
    and records.entity = former.entity
    and records.record_id = former.record_id
where former.destination = getvariable('destination')
    and former.store = getvariable('store')
    and former.entity = getvariable('entity')
    and records.accepted_at is not null
    and records.outcome in ('accepted', 'queued')
    and former.address <> records.remote_key
    and not exists (
        from push_job_records as jobs
        where jobs.destination = former.destination
            and jobs.store = former.store
            and jobs.entity = former.entity
            and (jobs.record_id = former.record_id or jobs.remote_key = former.address)
    )
    and not exists (
        from push_intents as intents
        where intents.destination = former.destination
            and intents.store = former.store
            and intents.entity = former.entity
            and (intents.record_id = former.record_id or intents.remote_key = former.address)
    )
    and not exists (
        from push_records as others
        where others.destination = former.destination
            and others.store = former.store
            and others.entity = former.entity
            and others.remote_key = former.address
            and others.hash is not null
    )
order by former.record_id, former.noted_at, former.address;

-- name: settled_addresses
-- What became of former addresses: the registered frame `settled` (record_id, address, state), where a null
-- state says that there is nothing left of them.
delete from push_addresses
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and (record_id, address) in (select (record_id, address) from settled where state is null);

update push_addresses
set state = settled.state
from settled
where push_addresses.destination = getvariable('destination')
    and push_addresses.store = getvariable('store')
    and push_addresses.entity = getvariable('entity')
    and push_addresses.record_id = settled.record_id
    and push_addresses.address = settled.address
    and settled.state is not null;

-- name: finish_run
-- A push of one entity to one destination is over; summary is JSON.
update push_runs
set finished_at = getvariable('now')::timestamp,
    status = getvariable('status'),
    summary = getvariable('summary')::json
where run_id = getvariable('run_id')
    and destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity');

-- name: start_export
-- The export of these days goes on, or begins when none of them is unfinished.
insert into push_exports by name
select
    getvariable('run_id') as export_id,
    getvariable('destination') as destination,
    getvariable('store') as store,
    getvariable('entity') as entity,
    getvariable('dated_by') as dated_by,
    getvariable('from_on')::date as from_on,
    getvariable('to_on')::date as to_on,
    'running' as status,
    0 as done_count,
    getvariable('now')::timestamp as started_at
where not exists (
        from push_exports
        where destination = getvariable('destination')
            and store = getvariable('store')
            and entity = getvariable('entity')
            and dated_by = getvariable('dated_by')
            and from_on = getvariable('from_on')::date
            and to_on = getvariable('to_on')::date
            and status <> 'completed'
    );

update push_exports
set status = 'running', run_id = getvariable('run_id'), updated_at = getvariable('now')::timestamp
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and dated_by = getvariable('dated_by')
    and from_on = getvariable('from_on')::date
    and to_on = getvariable('to_on')::date
    and status <> 'completed';

-- name: export_of_run
-- The export that a run works on. Grain: at most one row.
select export_id
from push_exports
where run_id = getvariable('run_id') and status = 'running';

-- name: plan_export
-- How many records an export has, and how many of them were answered in earlier runs.
update push_exports
set record_count = getvariable('record_count'), done_count = getvariable('done_count')
where export_id = getvariable('export_id');

-- name: finish_export
-- A run of an export is over: its status, and how many records were answered in all its runs.
update push_exports
set status = getvariable('status'),
    done_count = (
        select count(*)
        from push_records
        where push_records.export_id = getvariable('export_id')
            and outcome in ('accepted', 'queued', 'rejected', 'invalid')
    ),
    refused_count = (
        select count(*)
        from push_records
        where push_records.export_id = getvariable('export_id')
            and outcome in ('rejected', 'invalid')
    ),
    updated_at = getvariable('now')::timestamp,
    finished_at = case when getvariable('status') = 'completed' then getvariable('now')::timestamp end
where export_id = getvariable('export_id');

-- name: exports
-- The exports, newest first. Grain: one row per export. What still says running was killed: nothing
-- else runs while the warehouse is open.
select * replace (case when status = 'running' then 'interrupted' else status end as status)
from push_exports
order by started_at desc, export_id desc
limit getvariable('row_limit');
