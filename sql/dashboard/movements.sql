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

states as (
    select
        days.period_no,
        segment_history.customer_key,
        max(segment_history.rfm_segment) filter (
            valid_from <= then_on and coalesce(valid_to > then_on, true)
        ) as segment_then,
        max(segment_history.rfm_segment) filter (
            valid_from <= now_on and coalesce(valid_to > now_on, true)
        ) as segment_now
    from segment_history
    cross join days
    where segment_history.store = getvariable('store') and days.then_on < days.now_on
    group by all
),

counted as (
    select
        states.period_no,
        coalesce(states.segment_then, '(new)') as segment_then,
        states.segment_now,
        count(*) as customers,
        (sum(profiles.amount_lifetime) * 100)::bigint as amount_cents
    from states
    inner join profiles
        on profiles.store = getvariable('store')
        and profiles.customer_key = states.customer_key
    where states.segment_now is not null
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
