-- The tables of the open database. Grain: one row per table, with its schema unless that is main.
-- Profiles are a view of two tables, which are not named.
select case when schema_name = 'main' then table_name else schema_name || '.' || table_name end as table_name
from duckdb_tables()
where not internal
    and not temporary
    and database_name = current_database()
    and table_name not in ('coded_profiles', 'profile_texts')
union all
select view_name
from duckdb_views()
where database_name = current_database() and view_name = 'profiles'
order by table_name;
