-- How fresh the data is. Grain: one row per entity that is pulled, up to which UTC moment.
select entity, watermark_at
from watermarks
where store = getvariable('store')
order by entity;
