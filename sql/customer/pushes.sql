-- What each platform was sent of the customer. Grain: one row per destination and entity.
select destination, entity, outcome, code, message, attempted_at, accepted_at
from push_records
where store = getvariable('store') and record_id = getvariable('customer_key')::varchar
order by destination, entity;
