-- Movements by month: how many customers left which segment for which. Grain: one row per store, month and pair.
with changes as (
    select
        store,
        customer_key,
        valid_from,
        rfm_segment as segment_now,
        lag(rfm_segment) over (partition by store, customer_key order by valid_from)
            as segment_then
    from segment_history
)

select
    store,
    date_trunc('month', valid_from)::date as month_on,
    segment_then,
    segment_now,
    count(*) as customers
from changes
where segment_then is distinct from segment_now and segment_then is not null
group by all
order by store, month_on, customers desc, segment_then, segment_now;
