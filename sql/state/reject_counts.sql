-- How many records are set aside. Grain: one row per store, entity and reason, most frequent first.
select store, entity, reason, count(*) as reject_count
from state.rejects
group by store, entity, reason
order by reject_count desc, store, entity, reason;
