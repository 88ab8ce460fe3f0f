-- How many records were tried at a destination after a moment; a record tried twice counts twice.
select coalesce(sum(record_count), 0)::bigint as record_count
from push_batches
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and attempted_at > getvariable('since')::timestamp;
