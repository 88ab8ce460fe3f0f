-- The columns of the copy being made. Grain: one row per column, with what it is a column of.
select
    case when views.view_name is null then 'table' else 'view' end as kind,
    columns.table_name,
    columns.column_name
from duckdb_columns() as columns
left join duckdb_views() as views
    on views.database_name = columns.database_name
    and views.schema_name = columns.schema_name
    and views.view_name = columns.table_name
where columns.database_name = 'copy'
order by columns.table_name, columns.column_index;
