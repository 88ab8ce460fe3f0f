-- profile_texts from the type older_text. Every store gets the texts of all, until its next profiles bring its own.
-- Grain: one row per store and text.
insert into profile_texts by name
select store, enum_code(text::older_text)::uinteger + 1 as code, text
from (select distinct store from older_profiles), (select unnest(enum_range(null::older_text)) as text);
