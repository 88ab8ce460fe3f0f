-- Where these people were pushed to. Grain: one row per destination and record.
select destination, record_id, remote_key
from push_records
where store = getvariable('store')
    -- What is on its way, or of which nobody knows, may be there as well.
    and (accepted_at is not null or outcome in ('queued', 'unknown'))
    and (
        record_id in (select customer_key::varchar from forgotten_customers)
        or lower(record_id) in (select lower(value) from forgotten_identifiers)
    )
order by destination, record_id;
