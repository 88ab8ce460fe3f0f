-- The last run about consent of each store, dry or not. Grain: one row per store.
select
    store,
    started_at,
    status,
    summary::varchar as summary
from state.runs
where job = 'consent'
qualify row_number() over (partition by store order by started_at desc, run_id desc) = 1
order by store;
