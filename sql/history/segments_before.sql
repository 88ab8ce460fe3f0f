-- Where each customer stood before as_of. Grain: one row per customer with an earlier history.
-- previous_rfm_segment is the last different segment, rfm_segment_changed_on the day it was left;
-- both are null while the segment has never changed.
with stretches as (
    select
        customer_key,
        rfm_segment,
        valid_from,
        lag(rfm_segment) over by_day as segment_before,
        row_number() over by_day > 1
        and rfm_segment is distinct from lag(rfm_segment) over by_day as is_change
    from segment_history
    where store = getvariable('store') and valid_from < getvariable('as_of')::date
    window by_day as (partition by customer_key order by valid_from)
)

select
    customer_key,
    arg_max(rfm_segment, valid_from) as rfm_segment,
    arg_max(segment_before, valid_from) filter (is_change) as previous_rfm_segment,
    max(valid_from) filter (is_change) as rfm_segment_changed_on
from stretches
group by customer_key
order by customer_key;
