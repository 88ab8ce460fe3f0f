-- The watermark of one entity: no row when it was never pulled.
select watermark_at
from state.watermarks
where store = getvariable('store') and entity = getvariable('entity');
