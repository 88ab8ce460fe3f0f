-- prediction: how customers of a store buy, and how well that held in the past.

-- Grain: one row per store, day and parameter. model is MBG/NBD or MBG/CNBD-k (k, r, alpha, a, b; weeks), gamma-gamma
-- (p, q, gamma, and the correlation of value and frequency) or level (actual over predicted in the past, by which
-- orders and amounts were multiplied).
create table if not exists prediction_models (
    store varchar, as_of date, model varchar, parameter varchar, value double,
    log_likelihood double, customers bigint
);
-- Grain: one row per store, day, metric and baseline: what the model of cutoff_on predicted for horizon_days,
-- measured by what came, beside a naive rule.
create table if not exists prediction_backtests (
    store varchar, as_of date, cutoff_on date, horizon_days bigint, model varchar, metric varchar,
    value double, baseline varchar, baseline_value double
);
-- Grain: one row per store, day and tenth of the customers by predicted orders, the highest first.
create table if not exists prediction_calibration (
    store varchar, as_of date, cutoff_on date, horizon_days bigint, tenth bigint, customers bigint,
    predicted_orders double, actual_orders double, predicted_amount double, actual_amount double
);
-- Grain: one row per SKU, or category, that is bought again at regular intervals; one of the two is null. people are
-- who bought it again, of all buyers; days lie between two days of one person on which it was bought.
create table if not exists replenishment (
    store varchar, as_of date, sku varchar, category varchar, buyers bigint, people bigint, gaps bigint,
    p25_days double, median_days double, p75_days double
);
