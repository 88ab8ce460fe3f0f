-- The texts by which files and copies are searched for these people: their identifiers and phones, without
-- those that somebody else carries too. Grain: one row per kind and text.
with others as (
    select email, document, phone
    from contacts
    where store = getvariable('store')
        and (source, contact_id) not in (select (source, contact_id) from forgotten_contacts)
    union all
    select email, document, phone
    from orders
    where store = getvariable('store')
        and order_id not in (select order_id from forgotten_orders)
),

theirs as (
    select
        kind,
        case when kind = 'contact' then regexp_replace(value, '^[^:]*:', '') else value end as value
    from forgotten_identifiers
    union
    select 'phone' as kind, phone as value
    from forgotten_contacts
    union
    select 'phone' as kind, orders.phone as value
    from orders
    inner join forgotten_orders using (order_id)
    where orders.store = getvariable('store')
)

select kind, value
from theirs
where value is not null
    and not (kind = 'email' and value in (select email from others where email is not null))
    and not (kind = 'document' and value in (select document from others where document is not null))
    and not (kind = 'phone' and value in (select phone from others where phone is not null))
order by kind, value;
