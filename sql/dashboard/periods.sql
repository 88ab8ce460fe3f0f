-- periods and windows of the dashboard. Grain: one row per fixed period; one per stretch of days to count in.
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

create or replace temp table windows as
select period_no, false as is_before, 0::bigint as newest_age, day_count - 1 as oldest_age
from periods
union all
select period_no, true, day_count, 2 * day_count - 1
from periods
where has_before;
