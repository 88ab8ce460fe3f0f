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
