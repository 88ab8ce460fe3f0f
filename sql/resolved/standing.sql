-- What the last resolve of one store leaves to do; `concerns_everybody`: by other rules, or with other names.
-- Grain: one row.
select
    resolved.whole_at,
    resolved.rules is distinct from getvariable('rules')
    or (select count(*) from changes where kind in ('categories', 'brands', 'currency')) > 0
        as concerns_everybody,
    (select count(*) from changes) as change_count
from (select getvariable('store') as store) as asked
left join state.resolved as resolved using (store);
