-- One row: how many keys were new, changed and unchanged.
select
    count(*) filter (is_new) as new_count,
    count(*) filter (not is_new) as changed_count,
    (select count(*) from incoming_documents) - count(*) as unchanged_count
from loaded_keys;
