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
