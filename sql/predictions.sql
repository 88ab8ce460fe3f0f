-- name: newest_models
-- The models of the newest day up to as_of. Grain: one row per parameter; none before the first.
select as_of, model, parameter, value, log_likelihood, customers
from prediction_models
where store = getvariable('store')
    and as_of = (
        select max(as_of)
        from prediction_models
        where store = getvariable('store') and as_of <= getvariable('as_of')::date
    );

-- name: newest_backtest
-- The newest back-test up to as_of; that of next best products is one of its own (sql/products.sql).
-- Grain: one row per metric and baseline; none before the first.
select * exclude (store)
from prediction_backtests
where store = getvariable('store')
    and not starts_with(metric, 'hit_rate')
    and as_of = (
        select max(as_of)
        from prediction_backtests
        where store = getvariable('store')
            and not starts_with(metric, 'hit_rate')
            and as_of <= getvariable('as_of')::date
    );

-- name: replace_models
-- prediction_models of one day, from the registered frame `incoming`. The same day twice is once.
delete from prediction_models
where store = getvariable('store') and as_of = getvariable('as_of')::date;

insert into prediction_models by name
select getvariable('store') as store, getvariable('as_of')::date as as_of, *
from incoming;

-- name: replace_backtest
-- prediction_backtests and prediction_calibration of one day, from the registered frames `incoming` and `tenths`.
delete from prediction_backtests
where store = getvariable('store')
    and not starts_with(metric, 'hit_rate')
    and as_of = getvariable('as_of')::date;

delete from prediction_calibration
where store = getvariable('store') and as_of = getvariable('as_of')::date;

insert into prediction_backtests by name
select getvariable('store') as store, getvariable('as_of')::date as as_of, *
from incoming;

insert into prediction_calibration by name
select getvariable('store') as store, getvariable('as_of')::date as as_of, *
from tenths;
