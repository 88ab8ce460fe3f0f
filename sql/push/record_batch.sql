-- The outcomes of one batch, from the registered frame `incoming`. A hash is what the platform has:
-- it is stored when the record was accepted or queued, and else the earlier one stays.
insert into push_batches
select
    getvariable('batch_id'),
    getvariable('run_id'),
    getvariable('destination'),
    getvariable('store'),
    getvariable('entity'),
    count(*),
    getvariable('now')::timestamp
from incoming;

merge into push_records
using (
    select *, outcome in ('accepted', 'queued') as is_taken
    from incoming
    qualify row_number() over (partition by record_id order by is_taken desc, outcome) = 1
) as answer
    on push_records.destination = getvariable('destination')
    and push_records.store = getvariable('store')
    and push_records.entity = getvariable('entity')
    and push_records.record_id = answer.record_id
when matched then update set
    hash = case when answer.is_taken then answer.hash else push_records.hash end,
    accepted_at = case
        when answer.is_taken then getvariable('now')::timestamp else push_records.accepted_at
    end,
    outcome = answer.outcome,
    code = answer.code,
    message = answer.message,
    attempted_at = getvariable('now')::timestamp,
    batch_id = getvariable('batch_id')
when not matched then insert values (
    getvariable('destination'),
    getvariable('store'),
    getvariable('entity'),
    answer.record_id,
    case when answer.is_taken then answer.hash end,
    answer.outcome,
    answer.code,
    answer.message,
    getvariable('now')::timestamp,
    case when answer.is_taken then getvariable('now')::timestamp end,
    getvariable('batch_id')
);
