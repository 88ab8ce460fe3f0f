-- What the platforms hold. Grain: one row per destination.
select
    destination,
    count(*) filter (hash is not null) as accepted,
    count(*) filter (outcome not in ('accepted', 'queued', 'unchanged')) as refused,
    max(attempted_at) as attempted_at
from push_records
where store = getvariable('store')
group by destination
order by destination;
