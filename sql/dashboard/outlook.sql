-- What comes next for all buyers, on the day of the profiles. One row. status says why nothing is predicted, value_status
-- why no amounts are; both are null where all is predicted, and where predictions are off.
with counted as (
    select
        count(*) as profiles,
        count(*) filter (orders_lifetime > 0) as buyers,
        count(p_alive) as predicted,
        count(expected_amount_365d) as valued,
        sum(expected_orders_30d) as orders_30d,
        sum(expected_orders_90d) as orders_90d,
        sum(expected_orders_365d) as orders_365d,
        sum(expected_amount_365d) as amount_365d,
        mode(prediction_status::varchar) filter (orders_lifetime > 0) as status
    from profiles
    where store = getvariable('store')
),

tested as (
    select max_by(model, as_of) as model, max_by(cutoff_on, as_of) as cutoff_on, max(as_of) as tested_on
    from prediction_backtests
    where store = getvariable('store') and as_of <= getvariable('as_of')::date
)

select
    case when counted.predicted >= 5 then counted.predicted end as customers,
    case when counted.predicted >= 5 then round(counted.orders_30d)::bigint end as orders_30d,
    case when counted.predicted >= 5 then round(counted.orders_90d)::bigint end as orders_90d,
    case when counted.predicted >= 5 then round(counted.orders_365d)::bigint end as orders_365d,
    case when counted.valued >= 5 then (counted.amount_365d * 100)::bigint end as amount_cents,
    case
        when counted.profiles > 0 and counted.buyers = 0 then 'no_purchases'
        when counted.predicted = 0 then counted.status
    end as status,
    case when counted.predicted > 0 and counted.valued = 0 then counted.status end as value_status,
    tested.*
from counted
cross join tested;
