-- Retention. Grain: one row per month of first purchase (the newest thirteen with five customers or more) and
-- months since then; how many of them bought in that month. 1 to 4 customers are null; the last month is not over.
-- In a small shop, where most months would be null, the same by quarters.
with units as (select unnest([1, 3]) as months, unnest(['month', 'quarter']) as unit),

bought as (
    select distinct
        units.unit,
        units.months,
        person,
        date_trunc(units.unit, getvariable('as_of')::date - age::int)::date as unit_on
    from sales
    cross join units
    where customer_key is not null
),

joined as (
    select *, min(unit_on) over (partition by unit, person) as cohort_on
    from bought
),

sized as (
    select unit, months, cohort_on, count(distinct person) as cohort_customers
    from joined
    group by unit, months, cohort_on
    having cohort_customers >= 5
    qualify row_number() over (partition by unit order by cohort_on desc) <= 13
),

counted as (
    select unit, cohort_on, unit_on, count(*) as customers
    from joined
    group by all
),

needed as (
    select
        *,
        unnest(range(
            date_diff('month', cohort_on, getvariable('as_of')::date) // months + 1
        )) as units_since
    from sized
),

cells as (
    select
        needed.unit,
        needed.cohort_on,
        needed.cohort_customers,
        needed.units_since,
        coalesce(counted.customers, 0) as customers,
        coalesce(counted.customers, 0) between 1 and 4 as is_small
    from needed
    left join counted
        on counted.unit = needed.unit
        and counted.cohort_on = needed.cohort_on
        and counted.unit_on = needed.cohort_on + to_months((needed.units_since * needed.months)::int)
    where needed.units_since <= 12
)

select
    unit,
    cohort_on,
    cohort_customers,
    units_since,
    case when not is_small then customers end as customers,
    case when not is_small then round(100.0 * customers / cohort_customers, 1) end as share_percent
from cells
where unit = (
    select case when 2 * count(*) filter (is_small) > count(*) then 'quarter' else 'month' end
    from cells
    where unit = 'month'
)
order by cohort_on, units_since;
