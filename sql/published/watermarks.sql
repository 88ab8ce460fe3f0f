-- watermarks, for the read copy. Grain: one row per store and entity; everything up to watermark_at is stored.
select store, entity, watermark_at, updated_at
from state.watermarks;
