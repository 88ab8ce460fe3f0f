-- Sales day by day. Grain: one row per filter and period but `all`; the figures are lists, oldest first.
-- Every point of a line spans step_days days: the fewest with which no point is about 1 to 4 people. Where even
-- the widest has such points, those are null.
with steps as (
    select *
    from (values
        (1, 2), (1, 3), (2, 2), (2, 3), (3, 2), (3, 3), (5, 2), (5, 3), (10, 2), (10, 3), (30, 2),
        (30, 3), (1, 1), (7, 1), (5, 4), (10, 4), (30, 4)
    ) as allowed (step_days, period_no)
),

needed as (
    select
        filters.filter_no,
        periods.period_no,
        periods.period,
        periods.has_before,
        steps.step_days,
        spans.span_no,
        periods.day_count // steps.step_days as step_count,
        unnest(range(
            periods.day_count // steps.step_days * case when periods.has_before then 2 else 1 end
        )) as step
    from filters
    cross join periods
    inner join steps on steps.period_no = periods.period_no
    inner join spans on spans.unit = 'day' and spans.day_count = steps.step_days
),

filled as (
    select
        needed.*,
        coalesce(points.purchases, 0) as purchases,
        coalesce(points.amount_cents, 0) as amount_cents,
        coalesce(points.customers, 0) as customers,
        coalesce(points.new_customers, 0) as new_customers,
        coalesce(points.returning_customers, 0) as returning_customers,
        coalesce(points.is_small, false) as is_small
    from needed
    left join points
        on points.filter_no = needed.filter_no
        and points.span_no = needed.span_no
        and points.step = needed.step
),

fitting as (
    select
        filter_no,
        period_no,
        coalesce(min(step_days) filter (not has_small), max(step_days)) as step_days
    from (
        select filter_no, period_no, step_days, bool_or(is_small) as has_small
        from filled
        group by all
    )
    group by all
),

shown as (
    select
        filled.filter_no,
        filled.period_no,
        filled.period,
        filled.step_days,
        filled.step,
        filled.step < filled.step_count as is_now,
        case when not is_small then amount_cents end as amount_cents,
        case when not is_small then purchases end as purchases,
        case when not is_small and purchases > 0 then (2 * amount_cents + purchases) // (2 * purchases) end
            as average_cents,
        case when not is_small and customers not between 1 and 4 then customers end as customers,
        case when not is_small and new_customers not between 1 and 4 then new_customers end
            as new_customers,
        case when not is_small and returning_customers not between 1 and 4 then returning_customers end
            as returning_customers
    from filled
    inner join fitting using (filter_no, period_no, step_days)
)

select
    filter_no,
    period,
    step_days,
    list(
        (getvariable('as_of')::date - ((step + 1) * step_days - 1)::int)::varchar order by step desc
    ) filter (is_now) as first_on,
    list(amount_cents order by step desc) filter (is_now) as amount_cents,
    list(purchases order by step desc) filter (is_now) as purchases,
    list(average_cents order by step desc) filter (is_now) as average_cents,
    list(customers order by step desc) filter (is_now) as customers,
    list(new_customers order by step desc) filter (is_now) as new_customers,
    list(returning_customers order by step desc) filter (is_now) as returning_customers,
    list(amount_cents order by step desc) filter (not is_now) as before_amount_cents,
    list(purchases order by step desc) filter (not is_now) as before_purchases,
    list(average_cents order by step desc) filter (not is_now) as before_average_cents,
    list(customers order by step desc) filter (not is_now) as before_customers,
    list(new_customers order by step desc) filter (not is_now) as before_new_customers,
    list(returning_customers order by step desc) filter (not is_now) as before_returning_customers
from shown
group by filter_no, period_no, period, step_days
order by filter_no, period_no;
