-- The exports, newest first. Grain: one row per export. What still says running was killed: nothing
-- else runs while the warehouse is open.
select * replace (case when status = 'running' then 'interrupted' else status end as status)
from push_exports
order by started_at desc, export_id desc
limit getvariable('row_limit');
