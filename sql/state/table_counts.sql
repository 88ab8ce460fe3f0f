-- Rows of every table. Grain: one row per table.
select
    case when schema_name = 'main' then table_name else schema_name || '.' || table_name end as table_name,
    estimated_size as row_count
from duckdb_tables()
where not internal and not temporary and database_name = current_database()
order by 1;
