-- The columns of older_profiles that hold texts of a vocabulary, and whether they are lists.
-- Grain: one row per column.
select column_name, data_type = 'VARCHAR[]' as is_list
from duckdb_columns()
where database_name = current_database()
    and table_name = 'older_profiles'
    and (data_type = 'VARCHAR[]' or (data_type = 'VARCHAR' and starts_with(column_name, 'rfm_')));
