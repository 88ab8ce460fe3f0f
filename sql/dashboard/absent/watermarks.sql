-- In a read copy of an earlier version: nothing is known of what was pulled.
create or replace temp table watermarks (store varchar, entity varchar, watermark_at timestamp);
