-- segment_history continued to as_of from the registered frame `incoming` (one row per customer).
-- First the day itself is taken back, so that the same as_of twice is once.
delete from segment_history
where store = getvariable('store') and valid_from = getvariable('as_of')::date;

update segment_history
set valid_to = null
where store = getvariable('store') and valid_to = getvariable('as_of')::date;

create or replace temp table new_states as
select
    new.customer_key,
    new.rfm_segment,
    new.rfm_group,
    new.r_score::bigint as r_score,
    new.f_score::bigint as f_score,
    new.m_score::bigint as m_score
from incoming as new
left join segment_history as old
    on old.store = getvariable('store')
    and old.customer_key = new.customer_key
    and old.valid_to is null
where old.customer_key is null
    or (new.rfm_segment, new.rfm_group, new.r_score, new.f_score, new.m_score)
    is distinct from (old.rfm_segment, old.rfm_group, old.r_score, old.f_score, old.m_score);

update segment_history
set valid_to = getvariable('as_of')::date
where store = getvariable('store')
    and valid_to is null
    and (
        customer_key in (select customer_key from new_states)
        or customer_key not in (select customer_key from incoming)
    );

insert into segment_history by name
select
    getvariable('store') as store,
    *,
    getvariable('as_of')::date as valid_from,
    null::date as valid_to
from new_states;
