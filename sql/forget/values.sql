-- The texts that must not be found anywhere afterwards. Grain: one row per value.
select distinct value
from (
    select case when kind = 'contact' then split_part(value, ':', 2) else value end as value
    from forgotten_identifiers
    union all
    select phone from forgotten_contacts
    union all
    select orders.phone
    from orders
    inner join forgotten_orders using (order_id)
    where orders.store = getvariable('store')
)
where length(value) >= 4
order by value;
