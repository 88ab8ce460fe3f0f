-- How many identifiers of the store must stay away.
select count(*) as row_count
from state.tombstones
where store = getvariable('store');
