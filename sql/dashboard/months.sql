-- Sales of the whole time. Grain: one row per filter; the figures are lists by calendar month, oldest first.
-- Where months are about 1 to 4 people the points are quarters or years; where years are too, months, the
-- small ones null.
with units as (select unnest([1, 2, 3]) as unit_no, unnest(['month', 'quarter', 'year']) as unit),

needed as (
    select
        filters.filter_no,
        units.unit_no,
        units.unit,
        spans.span_no,
        unnest(range(
            date_diff(units.unit, getvariable('as_of')::date - periods.day_count::int + 1, getvariable('as_of')::date)
            + 1
        )) as step
    from filters
    cross join units
    inner join spans on spans.unit = units.unit
    inner join periods on periods.period = 'all'
),

filled as (
    select
        needed.*,
        (
            date_trunc(needed.unit, getvariable('as_of')::date)
            - to_months((needed.step * [1, 3, 12][needed.unit_no])::int)
        )::date as first_on,
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
        coalesce(min(unit_no) filter (not has_small), 1) as unit_no
    from (
        select filter_no, unit_no, bool_or(is_small) as has_small
        from filled
        group by all
    )
    group by all
),

shown as (
    select
        filled.filter_no,
        filled.unit,
        filled.first_on,
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
    inner join fitting using (filter_no, unit_no)
)

select
    filter_no,
    unit,
    list(first_on::varchar order by first_on) as first_on,
    list(amount_cents order by first_on) as amount_cents,
    list(purchases order by first_on) as purchases,
    list(average_cents order by first_on) as average_cents,
    list(customers order by first_on) as customers,
    list(new_customers order by first_on) as new_customers,
    list(returning_customers order by first_on) as returning_customers
from shown
group by filter_no, unit
order by filter_no;
