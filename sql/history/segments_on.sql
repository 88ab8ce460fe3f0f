-- The segments kept for one day. Grain: one row per customer that had a profile then.
select customer_key, rfm_segment
from segment_history
where store = getvariable('store')
    and valid_from <= getvariable('as_of')::date
    and (valid_to is null or valid_to > getvariable('as_of')::date)
order by customer_key;
