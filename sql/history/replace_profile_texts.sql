-- The texts of one store's profiles replaced by the registered frame `incoming` (code, text).
-- Grain: one row per text.
delete from profile_texts
where store = getvariable('store');

insert into profile_texts by name
select getvariable('store') as store, code, text
from incoming;
