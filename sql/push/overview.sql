-- What each platform holds of each entity. Grain: one row per destination, store and entity.
select
    destination,
    store,
    entity,
    count(*) filter (hash is not null) as there_count,
    count(*) filter (outcome in ('rejected', 'invalid')) as refused_count,
    count(*) filter (outcome in ('unknown', 'retryable')) as unanswered_count,
    max(attempted_at) as attempted_at
from push_records
group by destination, store, entity
order by destination, store, entity;
