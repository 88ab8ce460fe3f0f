-- Retention. Grain: one row per month of first purchase (the newest thirteen with five customers or more) and
-- months since then; how many of them bought in that month. 1 to 4 customers are null; the last month is not over.
-- In a small shop, where most months would be null, the same by quarters.
with units as (
    select unit, span_no, case when unit = 'month' then 1 else 3 end as months
    from spans
    where unit in ('month', 'quarter')
),

-- The first purchase of each customer in each month (quarter) stands for all of them.
counted as (
    select
        units.unit,
        units.months,
        firsts.step as cohort_step,
        firsts.step - ages.step as units_since,
        count(*) as customers
    from sales
    inner join ages on ages.age = sales.age
    inner join units on units.span_no = ages.span_no
    inner join ages as firsts on firsts.span_no = ages.span_no and firsts.age = sales.first_age
    where sales.person > 0 and sales.last_age > ages.oldest_age
    group by all
),

sized as (
    select unit, months, cohort_step, customers as cohort_customers
    from counted
    where units_since = 0 and customers >= 5
    qualify row_number() over (partition by unit order by cohort_step) <= 13
),

needed as (
    select *, unnest(range(least(cohort_step, 12) + 1)) as units_since
    from sized
),

cells as (
    select
        needed.unit,
        (
            date_trunc(needed.unit, getvariable('as_of')::date)
            - to_months((needed.cohort_step * needed.months)::int)
        )::date as cohort_on,
        needed.cohort_customers,
        needed.units_since,
        coalesce(counted.customers, 0) as customers,
        coalesce(counted.customers, 0) between 1 and 4 as is_small
    from needed
    left join counted
        on counted.unit = needed.unit
        and counted.cohort_step = needed.cohort_step
        and counted.units_since = needed.units_since
)

select
    unit,
    cohort_on,
    cohort_customers,
    units_since,
    case when not is_small then customers end as customers,
    case when not is_small then percent_of(customers, cohort_customers) end as share_percent
from cells
where unit = (
    select case when 2 * count(*) filter (is_small) > count(*) then 'quarter' else 'month' end
    from cells
    where unit = 'month'
)
order by cohort_on, units_since;
