-- The stores whose profiles were ever kept, also where nobody had one. Grain: one row per store.
select distinct store
from profile_runs
order by store;
