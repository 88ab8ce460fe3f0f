-- Customers who were forgotten and are here again. A document alone is no proof where the customer has other
-- identifiers: several people may have used it. Grain: one row per customer.
with salts as (
    select salt from state.tombstone_salt
    union
    select salt from state.tombstones where salt is not null
),

linked as (
    select
        links.customer_key,
        links.kind,
        links.value,
        max(tombstones.certificate) as certificate,
        count(tombstones.digest) > 0 as is_forgotten
    from identity_links as links
    cross join salts
    left join state.tombstones as tombstones
        on tombstones.store = links.store
        and tombstones.digest = sha256(salts.salt || links.kind || ':' || lower(links.value))
    where links.store = getvariable('store')
    group by links.customer_key, links.kind, links.value
)

select customer_key, max(certificate) as certificate
from linked
group by customer_key
having bool_or(is_forgotten and kind <> 'document') or bool_and(is_forgotten)
order by customer_key;
