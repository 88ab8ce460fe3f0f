-- What there is of the people to forget. Grain: one row per kind of thing.
select 'customers' as what, count(*) as row_count from forgotten_customers
union all
select 'contacts', count(*) from forgotten_contacts
union all
select 'orders made anonymous', count(*) from forgotten_orders
union all
select 'identifiers', count(*) from forgotten_identifiers
union all
select 'history rows', count(*)
from segment_history
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers)
union all
select 'records of pushes', count(*)
from push_records
where store = getvariable('store')
    and case
        when entity = 'purchases' then record_id in (select order_id from forgotten_orders)
        when entity in ('products', 'coupons') then false
        else record_id in (select customer_key::varchar from forgotten_customers)
    end
union all
select 'consents', count(*)
from consent_statements
where store = getvariable('store') and email_digest in (select digest from forgotten_digests)
union all
select 'rejects', count(*)
from forgotten_rejects;
