-- What the last resolve of one store leaves to do. Grain: one row.
select
    resolved.rules is not distinct from getvariable('rules') as is_by_these_rules,
    resolved.whole_at,
    (select count(*) from changes where kind in ('categories', 'brands', 'currency')) > 0
        as is_named_anew,
    (select count(*) from changes) as change_count,
    (select count(*) from digests) as row_count
from (select getvariable('store') as store) as asked
left join state.resolved as resolved using (store);
