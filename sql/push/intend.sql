-- The records of the registered frame `leaving` (record_id, memo) are about to be sent.
insert into push_intents by name
select
    getvariable('destination') as destination,
    getvariable('store') as store,
    getvariable('entity') as entity,
    record_id,
    getvariable('batch_id') as batch_id,
    getvariable('run_id') as run_id,
    getvariable('now')::timestamp as intended_at,
    memo
from leaving;
