-- prediction_plain, a view of the read copy. Grain: one row per store and customer: predictions as the models gave
-- them, before they were multiplied by the levels of the past; null where the profile's figure is.
with newest as (
    select store, max(as_of) as as_of
    from prediction_models
    group by store
),

levels as (
    select
        store,
        max(value) filter (where parameter = 'orders_30d') as level_30d,
        max(value) filter (where parameter = 'orders_90d') as level_90d,
        max(value) filter (where parameter = 'orders_365d') as level_365d,
        max(value) filter (where parameter = 'amount_365d') as amount_level
    from prediction_models
    semi join newest using (store, as_of)
    where model = 'level'
    group by store
)

select
    store,
    customer_key,
    p_alive,
    churn_probability_90d ** (1 / coalesce(level_90d, 1)) as churn_probability_90d,
    expected_orders_30d / coalesce(level_30d, 1) as expected_orders_30d,
    expected_orders_90d / coalesce(level_90d, 1) as expected_orders_90d,
    expected_orders_365d / coalesce(level_365d, 1) as expected_orders_365d,
    expected_amount_365d / coalesce(amount_level, 1) as expected_amount_365d,
    clv_365d / coalesce(amount_level, 1) as clv_365d
from profiles
left join levels using (store);
