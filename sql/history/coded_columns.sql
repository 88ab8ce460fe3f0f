-- The columns of coded_profiles in their order. Grain: one row per column, with its type.
select column_name, data_type
from duckdb_columns()
where database_name = current_database() and table_name = 'coded_profiles'
order by column_index;
