-- Schema 11: what comes next for each customer, with its models, back-tests and calibration.
-- sql/schema/prediction.sql makes the tables.
create table if not exists prediction_models (
    store varchar, as_of date, model varchar, parameter varchar, value double,
    log_likelihood double, customers bigint
);
