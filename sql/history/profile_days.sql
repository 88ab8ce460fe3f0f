-- The days for which profiles were kept. Grain: one row per day, oldest first.
select distinct as_of
from profile_runs
where store = getvariable('store')
order by as_of;
