-- Cohorts: of the customers of each first month, how many bought and what, so many months later.
-- Grain: one row per store, month of first purchase and months since.
-- $since date: Cohorts from the month of this day on.
with dated as (
    select
        store,
        customer_key,
        date_trunc('month', purchased_on)::date as month_on,
        min(date_trunc('month', purchased_on)::date) over (partition by store, customer_key)
            as cohort_on,
        amount_cents
    from purchases
    where customer_key is not null
),

sizes as (
    select store, cohort_on, count(distinct customer_key) as cohort_customers
    from dated
    group by store, cohort_on
)

select
    dated.store,
    dated.cohort_on,
    any_value(sizes.cohort_customers) as cohort_customers,
    date_diff('month', dated.cohort_on, dated.month_on) as months_since,
    count(distinct dated.customer_key) as customers,
    round(
        (100 * count(distinct dated.customer_key) / any_value(sizes.cohort_customers))::decimal(38, 6), 1
    )::double
        as customers_percent,
    (sum(dated.amount_cents)::decimal(38, 2) / 100)::decimal(18, 2) as amount
from dated
inner join sizes using (store, cohort_on)
where $since is null or dated.cohort_on >= date_trunc('month', $since::date)
group by dated.store, dated.cohort_on, dated.month_on
order by dated.store, dated.cohort_on, months_since;
