-- What is remembered of these people outside the warehouse. Grain: one row per identifier.
select
    getvariable('store')::varchar as store,
    kind,
    sha256((select salt from state.tombstone_salt) || kind || ':' || lower(value)) as digest,
    customer_key,
    (select salt from state.tombstone_salt) as salt
from forgotten_identifiers
order by kind, digest;
