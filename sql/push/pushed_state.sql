-- What a platform last accepted, and how the last attempt ended. Grain: one row per record.
select record_id, hash, accepted_at, outcome
from push_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
order by record_id;
