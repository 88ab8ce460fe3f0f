-- loaded_keys (temporary): every key of raw_table, to fill the typed tables again from raw.
create or replace temp table loaded_keys as
select key, false as is_new
from query_table(getvariable('raw_table'))
where store = getvariable('store');
