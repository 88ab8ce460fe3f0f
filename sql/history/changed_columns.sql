-- The columns that coded_profiles and profiles_next have in two types, such as a field of the settings that was changed: other
-- stores have none until they are computed. Grain: one row per column.
select column_name
from duckdb_columns()
where database_name = current_database()
    and schema_name = 'main'
    and table_name in ('coded_profiles', 'profiles_next')
group by column_name
having count(distinct data_type) > 1;
