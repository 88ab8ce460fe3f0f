-- audience: who is to be reached for what, since when, why no longer, and by which arm of a test.

-- Grain: one row per customer and stretch of days in an audience. left_on is null while it lasts, the first day without
-- it after that; left_because is the outcome of that day, else rule, merged, no_profile, ended (the audience is no longer
-- computed) or forgotten. Of somebody who was forgotten a row without customer and joined_on stays: it is counted.
create table if not exists audience_history (
    store varchar, audience varchar, customer_key bigint, joined_on date, left_on date, left_because varchar
);
-- Grain: one row per store, audience, day and outcome: how many of the people its rule fits, and their lifetime amount.
create table if not exists audience_counts (
    store varchar, audience varchar, as_of date, outcome varchar, people bigint, amount decimal(18, 2)
);
-- Grain: one row per customer and audience that holds out a share: the arm, treated or control, drawn once and never
-- changed. assigned_on is the first day whose purchases count.
create table if not exists audience_assignments (
    store varchar, audience varchar, customer_key bigint, arm varchar, assigned_on date, run_id varchar
);
