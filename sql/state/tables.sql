-- The tables of the open database. Grain: one row per table, with its schema unless that is main.
select
    case when schema_name = 'main' then table_name else schema_name || '.' || table_name end as table_name
from duckdb_tables()
where not internal and not temporary and database_name = current_database()
order by table_name;
