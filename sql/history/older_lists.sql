-- The lists of texts in older_profiles. Grain: one row per column.
select column_name
from duckdb_columns()
where database_name = current_database()
    and table_name = 'older_profiles'
    and data_type = 'VARCHAR[]';
