-- name: latest_run
-- The newest day for which profiles of the store are kept.
select max(as_of) as as_of
from profile_runs
where store = getvariable('store');

-- name: profile_days
-- The days for which profiles were kept. Grain: one row per day, oldest first.
select distinct as_of
from profile_runs
where store = getvariable('store')
order by as_of;

-- name: profile_run
-- Profiles of one day are kept; the same day twice is one row.
delete from profile_runs
where store = getvariable('store') and as_of = getvariable('as_of')::date;

insert into profile_runs
values (
    getvariable('run_id')::varchar, getvariable('store'), getvariable('as_of')::date,
    getvariable('customer_count'), getvariable('now')::timestamp,
    getvariable('history_since')::date
);

-- name: history_since
-- Where knowledge of a store begins: the day of its oldest purchase; null without any. VTEX shows two years.
select min(purchased_on) as history_since
from purchases
where store = getvariable('store');

-- name: continue
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

-- name: segments_before
-- Where each customer stood before as_of. Grain: one row per customer with an earlier history.
-- previous_rfm_segment is the last different segment, rfm_segment_changed_on the day it was left;
-- both are null while the segment has never changed. rfm_score_changed_on is likewise of the scores.
with stretches as (
    select
        customer_key,
        rfm_segment,
        valid_from,
        lag(rfm_segment) over by_day as segment_before,
        row_number() over by_day > 1
        and rfm_segment is distinct from lag(rfm_segment) over by_day as is_change,
        r_score,
        f_score,
        m_score,
        row_number() over by_day > 1
        and (r_score, f_score, m_score)
        is distinct from lag((r_score, f_score, m_score)) over by_day as is_score_change
    from segment_history
    where store = getvariable('store') and valid_from < getvariable('as_of')::date
    window by_day as (partition by customer_key order by valid_from)
)

select
    customer_key,
    arg_max(rfm_segment, valid_from) as rfm_segment,
    arg_max(segment_before, valid_from) filter (is_change) as previous_rfm_segment,
    max(valid_from) filter (is_change) as rfm_segment_changed_on,
    arg_max_null(r_score, valid_from) as r_score,
    arg_max_null(f_score, valid_from) as f_score,
    arg_max_null(m_score, valid_from) as m_score,
    max(valid_from) filter (is_score_change) as rfm_score_changed_on
from stretches
group by customer_key
order by customer_key;

-- name: segments_on
-- The segments kept for one day. Grain: one row per customer that had a profile then.
select customer_key, rfm_segment
from segment_history
where store = getvariable('store')
    and valid_from <= getvariable('as_of')::date
    and (valid_to is null or valid_to > getvariable('as_of')::date)
order by customer_key;

-- name: rfm_cut_points
-- The cut points of the last kept run of one store.
from rfm_cut_points
where store = getvariable('store');

-- name: frozen_rfm_cut_points
-- The cut points that a period began with. Grain: one row per window, axis and score of the earliest
-- day kept from since_on on, before as_of; no row when the period begins with as_of.
select * exclude (store, as_of)
from rfm_cut_point_history
where store = getvariable('store')
    and as_of = (
        select min(as_of)
        from rfm_cut_point_history
        where store = getvariable('store')
            and as_of >= getvariable('since_on')::date
            and as_of < getvariable('as_of')::date
    );

-- name: replace_rfm_cut_points
-- rfm_cut_points of one store replaced by the registered frame `incoming`; grain: as the profile core gives it.
-- The table takes its columns from the frame; other stores keep the columns that both know.
create table if not exists rfm_cut_points as
from incoming
where false;

create or replace table rfm_cut_points as
from incoming
union all by name
select columns(lambda name: list_contains(getvariable('columns'), name))
from rfm_cut_points
where store <> getvariable('store');

-- name: remember_rfm_cut_points
-- rfm_cut_point_history of one day, from the registered frame `incoming` (the day's cut points).
-- Grain: one row per store, day, window, axis and score. The same day twice is once.
create table if not exists rfm_cut_point_history as
select null::date as as_of, *
from incoming
where false;

delete from rfm_cut_point_history
where store = getvariable('store') and as_of = getvariable('as_of')::date;

insert into rfm_cut_point_history by name
select getvariable('as_of')::date as as_of, *
from incoming;
