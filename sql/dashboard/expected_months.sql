-- Repeat orders by month, as they came and as the model of today expects them of who had come until then. Grain: one row
-- per month up to as_of, the last 24. An order is a customer's day with a purchase, after the first such day. From the
-- registered frame `curve` (age, orders): what a new customer is expected to order within so many days. Null where it
-- is about 1 to 4 customers; empty without a model.
with days as (
    select distinct customer_key, purchased_on
    from purchases
    where store = getvariable('store')
        and customer_key is not null
        and purchased_on <= getvariable('as_of')::date
),

came as (
    select customer_key, min(purchased_on) as first_on
    from days
    group by customer_key
),

arrivals as (
    select first_on, count(*) as customers
    from came
    group by first_on
),

months as (
    select
        month_on,
        least(month_on + interval 1 month - interval 1 day, getvariable('as_of')::date)::date as last_on
    from (
        select unnest(generate_series(
            greatest(
                date_trunc('month', (select min(first_on) from came)),
                date_trunc('month', getvariable('as_of')::date) - interval 23 month
            ),
            getvariable('as_of')::date,
            interval 1 month
        ))::date as month_on
    )
),

expected as (
    select
        months.month_on,
        sum(arrivals.customers) as customers,
        sum(arrivals.customers * (until_end.orders - coalesce(before.orders, 0))) as orders
    from months
    inner join arrivals on arrivals.first_on <= months.last_on
    inner join curve as until_end on until_end.age = months.last_on - arrivals.first_on
    left join curve as before on before.age = months.month_on - 1 - arrivals.first_on
    group by months.month_on
),

actual as (
    select
        date_trunc('month', days.purchased_on)::date as month_on,
        count(*) as orders,
        count(distinct days.customer_key) as customers
    from days
    inner join came on came.customer_key = days.customer_key and days.purchased_on > came.first_on
    group by month_on
)

select
    months.month_on,
    months.last_on,
    case when expected.customers >= 5 then rounded_ratio((expected.orders * 10)::bigint, 10, 10) end as expected_orders,
    case when coalesce(actual.customers, 0) not between 1 and 4 then coalesce(actual.orders, 0) end as actual_orders
from months
inner join expected on expected.month_on = months.month_on
left join actual on actual.month_on = months.month_on
order by months.month_on;
