-- The records of the registered frame `leaving` are about to be sent.
insert into push_intents
select
    getvariable('destination'), getvariable('store'), getvariable('entity'), record_id,
    getvariable('batch_id'), getvariable('run_id'), getvariable('now')::timestamp
from leaving;
