-- What the platforms hold. Grain: one row per destination and entity, profiles under the bare name.
select
    destination || case when entity = 'profiles' then '' else ' ' || entity end as destination,
    count(*) filter (hash is not null) as accepted,
    count(*) filter (outcome not in ('accepted', 'queued', 'unchanged')) as refused,
    max(attempted_at) as attempted_at
from push_records
where store = getvariable('store')
group by destination, entity
order by destination;
