-- The headline figures. Grain: one row per filter, period and stretch (now, before).
-- new: the customer's very first purchase lies in it; returning: a purchase that was not the first does.
-- People are known customers, and every anonymous purchase as one; figures about 1 to 4 people are null.
with stretches as (
    select period_no, false as is_before from periods
    union all
    select period_no, true from periods where has_before
),

whole as (
    select
        filters.filter_no,
        periods.period_no,
        stretches.is_before,
        coalesce(points.purchases, 0) as purchases,
        coalesce(points.amount_cents, 0) as amount_cents,
        coalesce(points.customers, 0) as customers,
        coalesce(points.new_customers, 0) as new_customers,
        coalesce(points.returning_customers, 0) as returning_customers,
        coalesce(points.anonymous_purchases, 0) as anonymous_purchases,
        coalesce(points.is_small, false) as is_small
    from filters
    cross join stretches
    inner join periods on periods.period_no = stretches.period_no
    inner join spans
        on (spans.unit = 'day' and spans.day_count = periods.day_count and periods.period <> 'all')
        or (spans.unit = 'all' and periods.period = 'all')
    left join points
        on points.filter_no = filters.filter_no
        and points.span_no = spans.span_no
        and points.step = stretches.is_before::int
),

shown as (
    select
        filter_no,
        period_no,
        is_before,
        case when not is_small then amount_cents end as amount_cents,
        case when not is_small then purchases end as purchases,
        case when not is_small and purchases > 0 then
            (2 * amount_cents + purchases) // (2 * purchases)
        end as average_cents,
        case when not is_small and customers not between 1 and 4 then customers end as customers,
        case when not is_small and new_customers not between 1 and 4 then new_customers end
            as new_customers,
        case when not is_small and returning_customers not between 1 and 4 then returning_customers end
            as returning_customers,
        case when not is_small and anonymous_purchases not between 1 and 4 then anonymous_purchases end
            as anonymous_purchases
    from whole
)

select
    now.filter_no,
    periods.period,
    now.* exclude (filter_no, period_no, is_before),
    before.is_before is not null as has_before,
    columns(before.* exclude (filter_no, period_no, is_before)) as 'before_\0',
    change_percent(now.amount_cents, before.amount_cents) as amount_cents_change,
    change_percent(now.purchases, before.purchases) as purchases_change,
    change_percent(now.average_cents, before.average_cents) as average_cents_change,
    change_percent(now.customers, before.customers) as customers_change,
    change_percent(now.new_customers, before.new_customers) as new_customers_change,
    change_percent(now.returning_customers, before.returning_customers)
        as returning_customers_change,
    change_percent(now.anonymous_purchases, before.anonymous_purchases)
        as anonymous_purchases_change
from shown as now
inner join periods on periods.period_no = now.period_no
left join shown as before
    on before.filter_no = now.filter_no
    and before.period_no = now.period_no
    and before.is_before
where not now.is_before
order by now.filter_no, periods.period_no;
