-- name: runs
-- runs, for the read copy. Grain: one row per run of a job.
select run_id, job, store, started_at, finished_at, status, summary
from state.runs;

-- name: watermarks
-- watermarks, for the read copy. Grain: one row per store and entity; everything up to watermark_at is stored.
select store, entity, watermark_at, updated_at
from state.watermarks;

-- name: reject_counts
-- reject_counts, for the read copy: how many records of each entity were rejected; the records stay behind.
select store, entity, count(*) as reject_count
from state.rejects
group by store, entity;

-- name: push_records
-- push_records without what only a later push has to repeat. Grain: one row per destination, store,
-- entity and record.
select * exclude (memo)
from push_records;

-- name: columns
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

-- name: parquet
-- The tables and views of the copy, each with what its Parquet file holds: JSON is text there, which
-- many readers take for bytes otherwise. Grain: one row per table or view.
select
    table_name,
    'select *' || coalesce(
        ' replace (' || string_agg(format('{0}::varchar as {0}', column_name), ', ')
            filter (data_type = 'JSON') || ')',
        ''
    ) || ' from shared.main.' || table_name as query
from information_schema.columns
where table_catalog = 'shared'
group by table_name
order by table_name;
