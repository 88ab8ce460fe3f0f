-- push_records without what only a later push has to repeat. Grain: one row per destination, store,
-- entity and record.
select * exclude (memo)
from push_records;
