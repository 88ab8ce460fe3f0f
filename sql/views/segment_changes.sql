-- segment_changes, a view of the read copy. Grain: one row per customer and day on which the segment became another.
-- segment_before is null for who was new that day.
with stretches as (
    select
        store,
        customer_key,
        valid_from,
        rfm_segment,
        lag(rfm_segment) over by_customer as segment_before,
        row_number() over by_customer as stretch_no,
        min(valid_from) over (partition by store) as history_from
    from segment_history
    window by_customer as (partition by store, customer_key order by valid_from)
)

select
    store,
    customer_key,
    valid_from as changed_on,
    segment_before,
    rfm_segment as segment_now
from stretches
where (stretch_no = 1 and valid_from > history_from)
    or (stretch_no > 1 and rfm_segment is distinct from segment_before);
