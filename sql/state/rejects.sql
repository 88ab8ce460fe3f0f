-- Records set aside, newest first. Grain: one row per record and run; store null means all.
select *
from state.rejects
where store = coalesce(getvariable('store')::varchar, store)
order by rejected_at desc, entity, key;
