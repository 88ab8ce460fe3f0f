-- name: start_run
-- A run of a job begins.
insert into state.runs
values (
    getvariable('run_id'), getvariable('job'), getvariable('store'),
    getvariable('now')::timestamp, null, 'running', null
);

-- name: finish_run
-- A run of a job is over; summary is JSON.
update state.runs
set finished_at = getvariable('now')::timestamp,
    status = getvariable('status'),
    summary = getvariable('summary')::json
where run_id = getvariable('run_id');

-- name: runs
-- The newest runs of jobs; of those of one moment the later one, by its id, comes first.
select *
from state.runs
order by started_at desc, run_id desc
limit getvariable('row_limit');

-- name: watermark
-- The watermark of one entity: no row when it was never pulled.
select watermark_at
from state.watermarks
where store = getvariable('store') and entity = getvariable('entity');

-- name: set_watermark
-- Everything of the entity changed up to watermark_at is stored.
delete from state.watermarks
where store = getvariable('store') and entity = getvariable('entity');

insert into state.watermarks
values (
    getvariable('store'), getvariable('entity'), getvariable('watermark_at')::timestamp,
    getvariable('run_id')::varchar, getvariable('now')::timestamp
);

-- name: listing
-- What the order list said of the orders of the registered frame `asked`. Grain: one row per order known.
select * exclude (store)
from state.order_listing
where store = getvariable('store') and order_id in (select order_id from asked)
order by order_id;

-- name: load_listing
-- order_listing for the orders of the registered frame `incoming`: replaced whole.
delete from state.order_listing
where store = getvariable('store') and order_id in (select order_id from incoming);

insert into state.order_listing by name
select
    getvariable('store') as store,
    columns(lambda name: name in [
        'order_id', 'status', 'total_value', 'is_complete', 'authorized_at', 'last_change_at', 'invoice_input',
        'detail_at', 'detail_status', 'detail_cents', 'detail_changed_at'
    ])
from incoming;

-- name: unknown_skus
-- SKUs that were sold through VTEX and that the catalogue was not asked about. Grain: one row per SKU.
select distinct order_items.sku
from order_items
inner join orders on orders.store = order_items.store and orders.order_id = order_items.order_id
where order_items.store = getvariable('store')
    and orders.source = 'vtex'
    and order_items.sku is not null
    and order_items.sku not in (
        select key from raw.vtex_skus where store = getvariable('store')
    )
order by order_items.sku;

-- name: stock_skus
-- SKUs in most orders of VTEX since a moment, and those known to be sold out, which nobody can buy until they are asked for
-- again. Grain: one row per SKU, the most sold first.
with sold as (
    select order_items.sku, count(*) as line_count
    from order_items
    inner join orders on orders.store = order_items.store and orders.order_id = order_items.order_id
    where order_items.store = getvariable('store')
        and orders.source = 'vtex'
        and orders.created_at >= getvariable('since')::timestamp
        and order_items.sku is not null
    group by order_items.sku
    order by line_count desc, order_items.sku
    limit getvariable('max_count')
)

select sku
from (
    from sold
    union all by name
    select sku, 0 as line_count
    from stock
    where store = getvariable('store') and not is_available and sku not in (select sku from sold)
)
order by line_count desc, sku;

-- name: rejects
-- Rejected records, newest first. Grain: one row per record and run; store null means all.
select *
from state.rejects
where store = coalesce(getvariable('store')::varchar, store)
order by rejected_at desc, entity, key;

-- name: reject_counts
-- How many records are rejected. Grain: one row per store, entity and reason, most frequent first.
select store, entity, reason, count(*) as reject_count
from state.rejects
group by store, entity, reason
order by reject_count desc, store, entity, reason;

-- name: drop_old_rejects
-- Rejects hold whole documents of people: they go after the days of the settings.
delete from state.rejects
where rejected_at < getvariable('before')::timestamp;

-- name: resolved
-- The last resolve of one store by these rules, when nothing was loaded since. Grain: one row, or none.
select run_id, resolved_at
from state.resolved
where store = getvariable('store') and rules = getvariable('rules');

-- name: remember_resolved
-- state.resolved: this resolve. It counts until something is loaded, or until the rules are others.
delete from state.resolved where store = getvariable('store');

insert into state.resolved by name
select
    getvariable('store') as store,
    getvariable('rules') as rules,
    getvariable('run_id') as run_id,
    getvariable('now')::timestamp as resolved_at;

-- name: to_resolve
-- Something that a resolve reads was loaded: the last one of the store counts no longer.
delete from state.resolved where store = getvariable('store');

-- name: kept_settings
-- What an upgrade kept of a setting whose default has changed. Grain: one row, or none.
select value
from state.kept_settings
where store = getvariable('store') and setting = getvariable('setting');

-- name: salt
-- The salt of all digests; made once.
insert into state.tombstone_salt
select getvariable('fresh_salt')
where not exists (from state.tombstone_salt);

-- name: tables
-- The tables of the open database. Grain: one row per table, with its schema unless that is main.
-- Profiles and the lines of purchases are views of two tables each, which are not named.
select case when schema_name = 'main' then table_name else schema_name || '.' || table_name end as table_name
from duckdb_tables()
where not internal
    and not temporary
    and database_name = current_database()
    and table_name not in ('coded_profiles', 'profile_texts', 'numbered_lines', 'sold_things', 'split_orders')
union all
select view_name
from duckdb_views()
where database_name = current_database()
    and view_name in ('profiles', 'purchase_lines', 'purchase_orders')
order by table_name;
