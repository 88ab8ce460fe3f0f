-- The segments the customer was in, newest first. Grain: one row per stretch of days.
select valid_from, valid_to, rfm_segment, rfm_group, r_score, f_score, m_score
from segment_history
where store = getvariable('store') and customer_key = getvariable('customer_key')
order by valid_from desc;
