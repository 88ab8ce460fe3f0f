-- name: profiles
-- Before the first profiles: nobody has one.
create or replace temp table profiles (
    store varchar, customer_key bigint, rfm_segment varchar, r_score tinyint, f_score tinyint,
    m_score tinyint, amount_lifetime decimal(18, 2), amount_360d decimal(18, 2),
    orders_lifetime bigint, p_alive double, churn_probability_90d double, expected_orders_30d double, expected_orders_90d double,
    expected_orders_365d double, expected_amount_365d decimal(18, 2), clv_tier varchar, prediction_status varchar
);

-- name: watermarks
-- In a read copy of an earlier version: nothing is known of what was pulled.
create or replace temp table watermarks (store varchar, entity varchar, watermark_at timestamp);

-- name: runs
-- In a read copy of an earlier version: nothing is known of the runs.
create or replace temp table runs (
    job varchar, store varchar, started_at timestamp, finished_at timestamp, status varchar
);

-- name: reject_counts
-- In a read copy of an earlier version: nothing is known of what was rejected.
create or replace temp table reject_counts (store varchar, entity varchar, reject_count bigint);

-- name: reconciliation
-- In a read copy of an earlier version: nothing was compared with the source.
create or replace temp table reconciliation (
    store varchar, day_on date, listed_count bigint, stored_count bigint, unexplained_count bigint,
    unexplained_cents bigint, reconciled_at timestamp
);

-- name: prediction_models
-- In a read copy of an earlier version: nothing was predicted.
create or replace temp table prediction_models (
    store varchar, as_of date, model varchar, parameter varchar, value double, log_likelihood double, customers bigint
);

-- name: prediction_backtests
-- In a read copy of an earlier version: nothing was predicted.
create or replace temp table prediction_backtests (
    store varchar, as_of date, cutoff_on date, horizon_days bigint, model varchar, metric varchar, value double,
    baseline varchar, baseline_value double
);

-- name: prediction_calibration
-- In a read copy of an earlier version: nothing was predicted.
create or replace temp table prediction_calibration (
    store varchar, as_of date, cutoff_on date, horizon_days bigint, tenth bigint, customers bigint,
    predicted_orders double, actual_orders double, predicted_amount double, actual_amount double
);

-- name: predicted_fields
-- Profiles of an earlier version: nothing was predicted of anybody.
create or replace temp view profiles as
select
    *,
    null::double as p_alive,
    null::double as churn_probability_90d,
    null::double as expected_orders_30d,
    null::double as expected_orders_90d,
    null::double as expected_orders_365d,
    null::decimal(18, 2) as expected_amount_365d,
    null::varchar as clv_tier,
    null::varchar as prediction_status
from analysis.profiles;

-- name: audience_counts
-- In a read copy of an earlier version: there was no audience.
create or replace temp table audience_counts (
    store varchar, audience varchar, as_of date, outcome varchar, people bigint, amount decimal(18, 2)
);

-- name: audience_history
-- In a read copy of an earlier version: there was no audience.
create or replace temp table audience_history (
    store varchar, audience varchar, customer_key bigint, joined_on date, left_on date, left_because varchar
);

-- name: audience_assignments
-- In a read copy of an earlier version: nobody had an arm.
create or replace temp table audience_assignments (
    store varchar, audience varchar, customer_key bigint, arm varchar, assigned_on date, run_id varchar
);
