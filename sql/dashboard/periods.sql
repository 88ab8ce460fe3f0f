-- What the dashboard counts in. periods: one row per fixed period. spans: one row per width of a stretch of days.
-- ages: one row per span and age of a purchase in days, with the stretch that age lies in.
-- A period of N days is the N complete days up to as_of, so that weeks compare with weeks; ages count
-- back from as_of. The stretch before is as long and only there when the store's purchases reach back to it.
create or replace temp table periods as
with known as (
    select coalesce(max(getvariable('as_of')::date - purchased_on), 0) as oldest_age
    from purchases
    where store = getvariable('store') and purchased_on <= getvariable('as_of')::date
),

lengths as (
    select unnest([1, 2, 3, 4, 5]) as period_no, unnest(['7', '30', '90', '360', 'all']) as period,
        unnest([7, 30, 90, 360, null]) as day_count
)

select
    period_no,
    period,
    coalesce(day_count, oldest_age + 1)::bigint as day_count,
    coalesce(2 * day_count - 1 <= oldest_age, false) as has_before
from lengths
cross join known;

-- Stretches of so many days, of the whole time, and of the calendar.
create or replace temp table spans as
select row_number() over ()::utinyint as span_no, *
from (
    select 'day' as unit, unnest([1, 2, 3, 5, 7, 10, 30, 90, 360]) as day_count
    union all
    select 'all', null
    union all
    select unnest(['month', 'quarter', 'year']), null
);

-- step counts the stretches, newest first; oldest_age is the last age inside: whoever was not seen since then
-- counts once in the stretch.
create or replace temp table ages as
with known as (
    select unnest(range((select max(day_count) from periods))) as age
)

select
    spans.span_no,
    known.age,
    case
        when spans.unit = 'day' then known.age // spans.day_count
        when spans.unit = 'all' then 0
        else date_diff(spans.unit, getvariable('as_of')::date - known.age::int, getvariable('as_of')::date)
    end as step,
    case
        when spans.unit = 'day' then (step + 1) * spans.day_count - 1
        when spans.unit = 'all' then 999999
        else getvariable('as_of')::date
            - date_trunc(spans.unit, getvariable('as_of')::date - known.age::int)::date
    end as oldest_age
from known
cross join spans;
