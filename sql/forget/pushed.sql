-- Where these people were pushed to. Grain: one row per destination and record. Erasing the person there
-- takes what belongs to them along; where their purchases or carts are and no profile is, nobody
-- knows what the platform knows them by (a null remote_key).
with theirs as (
    select destination, entity, record_id, remote_key
    from push_records
    where store = getvariable('store')
        -- What is on its way, or of which nobody knows, may be there as well.
        and (accepted_at is not null or outcome in ('queued', 'unknown'))
        and case
            when entity = 'purchases' then record_id in (select order_id from forgotten_orders)
            when entity in ('products', 'coupons') then false
            else
                record_id in (select customer_key::varchar from forgotten_customers)
                or lower(record_id) in (select value from forgotten_identifiers where kind = 'email')
        end
    union all
    select destination, entity, record_id, null as remote_key
    from push_intents
    where store = getvariable('store')
        and entity = 'profiles'
        and record_id in (select customer_key::varchar from forgotten_customers)
        and (destination, record_id) not in (
            select (destination, record_id)
            from push_records
            where store = getvariable('store') and entity = 'profiles' and accepted_at is not null
        )
)

select destination, record_id, remote_key
from theirs
where entity not in ('purchases', 'carts')
union all
select destination, min(record_id) as record_id, null as remote_key
from theirs
where entity in ('purchases', 'carts')
    and destination not in (select destination from theirs where entity not in ('purchases', 'carts'))
group by destination
order by destination, record_id;
