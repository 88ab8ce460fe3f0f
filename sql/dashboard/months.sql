-- Sales of the whole time. Grain: one row per filter; the figures are lists by calendar month, oldest first.
-- Where months are about 1 to 4 people the points are quarters or years; where years are too, months, the
-- small ones null.
with units as (select unnest([1, 2, 3]) as unit_no, unnest(['month', 'quarter', 'year']) as unit),

dated as (
    select
        seen.*,
        units.unit_no,
        date_trunc(units.unit, getvariable('as_of')::date - seen.age::int)::date as first_on,
        date_trunc(units.unit, getvariable('as_of')::date - seen.previous_age::int)::date
            as previous_first_on
    from seen
    cross join units
),

counted as (
    select
        filter_no,
        unit_no,
        first_on,
        count(*) as purchases,
        sum(amount_cents)::bigint as amount_cents,
        count(*) filter (
            customer_key is not null
            and (previous_first_on is null or previous_first_on < first_on)
        ) as customers,
        count(*) filter (purchase_rank = 1) as new_customers,
        count(*) filter (
            purchase_rank > 1
            and (previous_first_on is null or previous_first_on < first_on or previous_rank = 1)
        ) as returning_customers,
        count(*) filter (customer_key is null) as anonymous_purchases
    from dated
    group by all
),

needed as (
    select
        filters.filter_no,
        units.unit_no,
        units.unit,
        unnest(generate_series(
            date_trunc(units.unit, getvariable('as_of')::date - periods.day_count::int + 1),
            getvariable('as_of')::timestamp,
            to_months([1, 3, 12][units.unit_no])
        ))::date as first_on
    from filters
    cross join units
    cross join periods
    where periods.period = 'all'
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
    left join counted using (filter_no, unit_no, first_on)
),

fitting as (
    select
        filter_no,
        coalesce(min(unit_no) filter (not has_small), 1) as unit_no
    from (
        select filter_no, unit_no, bool_or(is_small) as has_small
        from points
        group by all
    )
    group by all
),

shown as (
    select
        points.filter_no,
        points.unit,
        points.first_on,
        case when not is_small then amount_cents end as amount_cents,
        case when not is_small then purchases end as purchases,
        case when not is_small and customers not between 1 and 4 then customers end as customers,
        case when not is_small and new_customers not between 1 and 4 then new_customers end
            as new_customers,
        case when not is_small and returning_customers not between 1 and 4 then returning_customers end
            as returning_customers
    from points
    inner join fitting using (filter_no, unit_no)
)

select
    filter_no,
    unit,
    list(first_on::varchar order by first_on) as first_on,
    list(amount_cents order by first_on) as amount_cents,
    list(purchases order by first_on) as purchases,
    list(customers order by first_on) as customers,
    list(new_customers order by first_on) as new_customers,
    list(returning_customers order by first_on) as returning_customers
from shown
group by filter_no, unit
order by filter_no;
