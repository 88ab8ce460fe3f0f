-- reject_counts, for the read copy: how many records of each entity were set aside; the records stay behind.
select store, entity, count(*) as reject_count
from state.rejects
group by store, entity;
