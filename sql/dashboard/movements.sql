-- Movements between segments. Grain: one row per period, segment then and segment now; `(new)` was no customer yet.
-- Then is the first day of the period, or the first day profiles were kept if that is later. Pairs of fewer than
-- five customers are one pair of their old segment, else of all; what is still small is left out.
with days as (
    select
        periods.period_no,
        periods.period,
        greatest(max(profile_runs.as_of) - periods.day_count::int, min(profile_runs.as_of)) as then_on,
        max(profile_runs.as_of) as now_on
    from profile_runs
    cross join periods
    where profile_runs.store = getvariable('store')
    group by periods.period_no, periods.period, periods.day_count
),

moments as (
    select list(then_on order by period_no) as then_on, any_value(now_on) as now_on
    from days
),

named as (
    select rfm_segment, row_number() over ()::utinyint as segment_no
    from (
        select distinct rfm_segment
        from segment_history
        where store = getvariable('store') and rfm_segment is not null
    )
),

stretches as (
    select history.customer_key, named.segment_no, history.valid_from, coalesce(history.valid_to, date '9999-12-31')
        as valid_to
    from segment_history as history
    inner join named on named.rfm_segment = history.rfm_segment
    where history.store = getvariable('store')
),

-- The five days of the periods side by side: every customer is looked up once.
states as (
    select
        customer_key,
        max(segment_no) filter (valid_from <= now_on and valid_to > now_on) as segment_now,
        max(segment_no) filter (valid_from <= then_on[1] and valid_to > then_on[1]) as then_1,
        max(segment_no) filter (valid_from <= then_on[2] and valid_to > then_on[2]) as then_2,
        max(segment_no) filter (valid_from <= then_on[3] and valid_to > then_on[3]) as then_3,
        max(segment_no) filter (valid_from <= then_on[4] and valid_to > then_on[4]) as then_4,
        max(segment_no) filter (valid_from <= then_on[5] and valid_to > then_on[5]) as then_5
    from stretches
    cross join moments
    group by customer_key
),

together as (
    select
        segment_now,
        [then_1, then_2, then_3, then_4, then_5] as segments_then,
        count(*) as customers,
        (sum(profiles.amount_lifetime) * 100)::bigint as amount_cents
    from states
    inner join profiles
        on profiles.store = getvariable('store')
        and profiles.customer_key = states.customer_key
    where states.segment_now is not null
    group by all
),

counted as (
    select
        days.period_no,
        coalesce(before.rfm_segment, '(new)') as segment_then,
        now.rfm_segment as segment_now,
        sum(customers)::bigint as customers,
        sum(amount_cents)::bigint as amount_cents
    from together
    inner join days on days.then_on < days.now_on
    inner join named as now on now.segment_no = together.segment_now
    left join named as before on before.segment_no = segments_then[days.period_no]
    group by all
),

totals as (
    select
        period_no,
        sum(customers) filter (segment_then = segment_now)::bigint as all_stayed,
        sum(customers) filter (segment_then <> segment_now)::bigint as all_moved
    from counted
    group by period_no
),

by_origin as (
    select
        period_no,
        segment_then,
        case when customers >= 5 then segment_now else '(other)' end as segment_now,
        sum(customers)::bigint as customers,
        sum(amount_cents)::bigint as amount_cents
    from counted
    group by all
),

merged as (
    select
        period_no,
        case when customers >= 5 then segment_then else '(other)' end as segment_then,
        segment_now,
        sum(customers)::bigint as customers,
        sum(amount_cents)::bigint as amount_cents
    from by_origin
    group by all
)

select
    days.period,
    days.then_on,
    days.now_on,
    merged.segment_then,
    merged.segment_now,
    merged.customers,
    merged.amount_cents,
    merged.segment_then = merged.segment_now and merged.segment_then <> '(other)' as has_stayed,
    case when totals.all_stayed >= 5 then totals.all_stayed end as all_stayed,
    case when totals.all_moved >= 5 then totals.all_moved end as all_moved
from merged
inner join days using (period_no)
inner join totals using (period_no)
where merged.customers >= 5
order by days.period_no, merged.customers desc, merged.segment_then, merged.segment_now;
