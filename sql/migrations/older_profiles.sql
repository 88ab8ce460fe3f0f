-- name: columns
-- The columns of older_profiles in their order, and which of them held texts of a vocabulary: as `text` or as `list`.
-- Grain: one row per column.
select
    column_name,
    case
        when data_type = 'VARCHAR[]' then 'list'
        when data_type = 'VARCHAR' and starts_with(column_name, 'rfm_') then 'text'
        else 'other'
    end as held
from duckdb_columns()
where database_name = current_database() and table_name = 'older_profiles'
order by column_index;

-- name: keep_texts
-- profile_texts from the type older_text. Every store gets the texts of all, until its next profiles bring its own.
-- Grain: one row per store and text.
insert into profile_texts by name
select store, enum_code(text::older_text)::uinteger + 1 as code, text
from (select distinct store from older_profiles), (select unnest(enum_range(null::older_text)) as text);

-- name: drop
-- What the migration has used up.
drop table older_profiles;

drop type older_text;
