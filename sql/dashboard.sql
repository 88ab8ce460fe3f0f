-- name: days_known
-- The days the page is about: sales up to as_of, profiles of their own day, today so far where five people bought.
with today as (
    select
        count(*) as purchases,
        sum(amount_cents)::bigint as amount_cents,
        count(distinct coalesce(customer_key, -purchase_no)) as people
    from purchases
    where store = getvariable('store') and purchased_on > getvariable('as_of')::date
)

select
    (select max(as_of) from profile_runs where store = getvariable('store')) as profiles_on,
    (select min(as_of) from profile_runs where store = getvariable('store')) as history_from,
    (select min(purchased_on) from purchases where store = getvariable('store')) as sales_from,
    case when people >= 5 or people = 0 then purchases end as today_purchases,
    case when people >= 5 or people = 0 then coalesce(amount_cents, 0) end as today_cents
from today;

-- name: read_filters
-- The filters of the dashboard, in the order the page offers them.
select filter_no, kind, label
from filters
order by filter_no;

-- name: read_periods
-- The periods of the dashboard with their days.
select
    period,
    day_count,
    getvariable('as_of')::date - (day_count - 1)::int as first_on,
    getvariable('as_of')::date as last_on,
    case when has_before then getvariable('as_of')::date - (2 * day_count - 1)::int end
        as before_first_on,
    case when has_before then getvariable('as_of')::date - day_count::int end as before_last_on
from periods
order by period_no;

-- name: pulled
-- How fresh the data is. Grain: one row per entity that is pulled, up to which UTC moment.
select entity, watermark_at
from watermarks
where store = getvariable('store')
order by entity;

-- name: runs
-- The last run of each job. Grain: one row per job.
select job, arg_max(status, (started_at, run_id)) as status, max(started_at) as started_at,
    max(finished_at) filter (status = 'completed') as completed_at
from runs
where store = getvariable('store') or store is null
group by job
order by started_at desc, job;

-- name: findings
-- What the numbers leave out and why: the findings of the last resolve, and the rejected records.
select finding, detail, row_count, amount_cents
from resolve_report
where store = getvariable('store')
    and finding not in ('customers', 'purchases', 'refunds', 'taken_refunds')
union all
select 'rejects', entity, reject_count, null
from reject_counts
where store = getvariable('store')
order by finding, detail;

-- name: reconciled
-- Does the store equal the source? One row when VTEX was ever compared with what is stored.
select
    count(*) as days,
    min(day_on) as first_on,
    max(day_on) as last_on,
    sum(listed_count)::bigint as listed,
    sum(stored_count)::bigint as stored,
    sum(unexplained_count)::bigint as unexplained,
    sum(unexplained_cents)::bigint as unexplained_cents,
    max(reconciled_at) as reconciled_at
from reconciliation
where store = getvariable('store')
having count(*) > 0;

-- name: pushes
-- What the platforms hold. Grain: one row per destination and entity, profiles under the bare name.
select
    destination || case when entity = 'profiles' then '' else ' ' || entity end as destination,
    count(*) filter (hash is not null) as accepted,
    count(*) filter (outcome not in ('accepted', 'queued', 'unchanged')) as refused,
    max(attempted_at) as attempted_at
from push_records
where store = getvariable('store')
group by destination, entity
order by destination;

-- name: calibration
-- Predicted beside what came, in the newest back-test. Grain: one row per tenth of the customers by predicted orders,
-- the highest first; empty where a tenth is about 1 to 4 customers.
select
    tenth,
    customers,
    rounded_ratio((predicted_orders * 10)::bigint, 10, 10) as predicted_orders,
    actual_orders::bigint as actual_orders,
    (predicted_amount * 100)::bigint as predicted_cents,
    (actual_amount * 100)::bigint as actual_cents
from prediction_calibration
where store = getvariable('store') and as_of = (
    select max(as_of)
    from prediction_calibration
    where store = getvariable('store') and as_of <= getvariable('as_of')::date
)
qualify min(customers) over () >= 5
order by tenth;

-- name: backtest
-- The newest back-test beside naive rules. Grain: one row per metric and rule, one without a rule where none has the
-- metric.
select metric, value, baseline, baseline_value, cutoff_on, horizon_days, as_of
from prediction_backtests
where store = getvariable('store') and as_of = (
    select max(as_of)
    from prediction_backtests
    where store = getvariable('store') and as_of <= getvariable('as_of')::date
)
order by metric, baseline;

-- name: clear
-- The tables that were only made to be asked: another store begins with an empty memory.
drop table if exists sold;
drop table if exists tallies;
drop table if exists labels;
drop table if exists things;
drop table if exists points;
drop table if exists counted;
drop table if exists sales;
