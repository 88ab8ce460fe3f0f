-- The outcomes of one batch, from the registered frame `incoming`. A hash is what the platform has:
-- it is stored when the record was accepted, or queued where nothing more will be reported, and else the
-- earlier one stays. An empty hash says that the platform has nothing of the record any more.
insert into push_batches
select
    getvariable('batch_id'),
    getvariable('run_id'),
    getvariable('destination'),
    getvariable('store'),
    getvariable('entity'),
    count(*),
    getvariable('now')::timestamp
from incoming
having getvariable('closed_job') is null;

-- An address at which a record was taken is nobody's former one any more.
delete from push_addresses
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and address in (
        select remote_key
        from incoming
        where outcome in ('accepted', 'queued') and job_id is null and remote_key is not null
    );

merge into push_records
using (
    select *, outcome in ('accepted', 'queued') and job_id is null as is_taken
    from incoming
    qualify row_number() over (partition by record_id order by is_taken desc, outcome) = 1
) as answer
    on push_records.destination = getvariable('destination')
    and push_records.store = getvariable('store')
    and push_records.entity = getvariable('entity')
    and push_records.record_id = answer.record_id
when matched then update set
    hash = case when answer.is_taken then nullif(answer.hash, '') else push_records.hash end,
    accepted_at = case
        when answer.is_taken then getvariable('now')::timestamp else push_records.accepted_at
    end,
    remote_key = case
        when answer.is_taken then coalesce(answer.remote_key, push_records.remote_key)
        else push_records.remote_key
    end,
    memo = coalesce(answer.memo, push_records.memo),
    export_id = coalesce(getvariable('export_id'), push_records.export_id),
    outcome = answer.outcome,
    code = answer.code,
    message = answer.message,
    attempted_at = getvariable('now')::timestamp,
    batch_id = getvariable('batch_id')
when not matched then insert (
    destination, store, entity, record_id, hash, outcome, code, message, attempted_at,
    accepted_at, batch_id, remote_key, memo, export_id
) values (
    getvariable('destination'),
    getvariable('store'),
    getvariable('entity'),
    answer.record_id,
    case when answer.is_taken then nullif(answer.hash, '') end,
    answer.outcome,
    answer.code,
    answer.message,
    getvariable('now')::timestamp,
    case when answer.is_taken then getvariable('now')::timestamp end,
    getvariable('batch_id'),
    answer.remote_key,
    answer.memo,
    getvariable('export_id')
);

delete from push_intents
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and record_id in (select record_id from incoming);
