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

spans as (select distinct step_days from steps),

counted as (
    select
        seen.filter_no,
        spans.step_days,
        seen.age // spans.step_days as step,
        count(*) as purchases,
        sum(seen.amount_cents)::bigint as amount_cents,
        count(*) filter (
            seen.customer_key is not null
            and (seen.previous_age is null or seen.previous_age // spans.step_days > step)
        ) as customers,
        count(*) filter (seen.purchase_rank = 1) as new_customers,
        count(*) filter (
            seen.purchase_rank > 1
            and (
                seen.previous_age is null
                or seen.previous_age // spans.step_days > step
                or seen.previous_rank = 1
            )
        ) as returning_customers,
        count(*) filter (seen.customer_key is null) as anonymous_purchases
    from seen
    cross join spans
    where seen.age < 720
    group by all
),

needed as (
    select
        filters.filter_no,
        periods.period_no,
        periods.period,
        periods.has_before,
        steps.step_days,
        periods.day_count // steps.step_days as step_count,
        unnest(range(
            periods.day_count // steps.step_days * case when periods.has_before then 2 else 1 end
        )) as step
    from filters
    cross join periods
    inner join steps on steps.period_no = periods.period_no
),

points as (
    select
        needed.*,
        coalesce(counted.purchases, 0) as purchases,
        coalesce(counted.amount_cents, 0) as amount_cents,
        coalesce(counted.customers, 0) as customers,
        coalesce(counted.new_customers, 0) as new_customers,
        coalesce(counted.returning_customers, 0) as returning_customers,
        coalesce(counted.customers + counted.anonymous_purchases between 1 and 4, false) as is_small
    from needed
    left join counted using (filter_no, step_days, step)
),

fitting as (
    select
        filter_no,
        period_no,
        coalesce(min(step_days) filter (not has_small), max(step_days)) as step_days
    from (
        select filter_no, period_no, step_days, bool_or(is_small) as has_small
        from points
        group by all
    )
    group by all
),

shown as (
    select
        points.filter_no,
        points.period_no,
        points.period,
        points.step_days,
        points.step,
        points.step < points.step_count as is_now,
        case when not is_small then amount_cents end as amount_cents,
        case when not is_small then purchases end as purchases,
        case when not is_small and customers not between 1 and 4 then customers end as customers,
        case when not is_small and new_customers not between 1 and 4 then new_customers end
            as new_customers,
        case when not is_small and returning_customers not between 1 and 4 then returning_customers end
            as returning_customers
    from points
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
    list(customers order by step desc) filter (is_now) as customers,
    list(new_customers order by step desc) filter (is_now) as new_customers,
    list(returning_customers order by step desc) filter (is_now) as returning_customers,
    list(amount_cents order by step desc) filter (not is_now) as before_amount_cents,
    list(purchases order by step desc) filter (not is_now) as before_purchases,
    list(customers order by step desc) filter (not is_now) as before_customers,
    list(new_customers order by step desc) filter (not is_now) as before_new_customers,
    list(returning_customers order by step desc) filter (not is_now) as before_returning_customers
from shown
group by filter_no, period_no, period, step_days
order by filter_no, period_no;
