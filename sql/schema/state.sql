-- state: what the program remembers about its own work.
create table if not exists state.schema_version (version integer, created_by varchar);

-- Grain: one row per store and entity; everything changed up to watermark_at is stored.
create table if not exists state.watermarks (
    store varchar, entity varchar, watermark_at timestamp, run_id varchar, updated_at timestamp
);
-- Grain: one row per order; what the order list said when its detail was last taken.
create table if not exists state.order_listing (
    store varchar, order_id varchar, status varchar, total_value double, is_complete boolean,
    authorized_at timestamp, last_change_at timestamp, detail_at timestamp, detail_status varchar,
    detail_cents bigint, detail_changed_at timestamp, invoice_input varchar
);
-- Grain: one row per store and setting whose default an upgrade changed: what it was before, until the settings
-- choose.
create table if not exists state.kept_settings (store varchar, setting varchar, value varchar);
-- Grain: one row per order that an older version stored without its place, delivery and changes; asked_at is when VTEX
-- was last asked for it whole, is_done whether it came. `enrich sync --complete-history` works it off.
create table if not exists state.incomplete_orders (
    store varchar, order_id varchar, created_at timestamp, asked_at timestamp, tries bigint, is_done boolean
);
-- Grain: one row per rejected record and load.
create table if not exists state.rejects (
    store varchar, entity varchar, key varchar, reason varchar, payload varchar, source varchar,
    line bigint, rejected_at timestamp, run_id varchar
);
-- Grain: one row per run of a job; store is null when the job is about all of them.
create table if not exists state.runs (
    run_id varchar, job varchar, store varchar, started_at timestamp, finished_at timestamp,
    status varchar, summary json
);
-- Grain: one row per order that was not as the source said when a sync last looked at it; kind is
-- missing, unlisted, differing or found_by_id (see sql/reconcile).
create table if not exists state.differing_orders (
    store varchar, order_id varchar, day_on date, kind varchar, cents bigint, found_at timestamp,
    run_id varchar
);
-- Grain: one row per store and day of creation (the store's calendar), as the last sync that listed
-- the whole day found it, else the last that listed some of it. The counts are orders. limit_share is
-- the setting of that sync: when more is unexplained, the push is held.
create table if not exists reconciliation (
    store varchar, day_on date, listed_count bigint, stored_count bigint, set_aside_count bigint,
    list_differs_count bigint, detail_cents bigint, stored_cents bigint, missing_count bigint,
    unlisted_count bigint, differing_count bigint, unexplained_count bigint,
    unexplained_cents bigint, limit_share double, is_whole_day boolean, reconciled_at timestamp,
    run_id varchar
);
alter table reconciliation add column if not exists found_by_id_count bigint;
-- Grain: one row per identifier of a person who was forgotten; only its salted digest is kept. salt is null
-- where it is the one of this warehouse; another one came with `forgotten.ndjson`, after a restore.
create table if not exists state.tombstones (
    store varchar, kind varchar, digest varchar, customer_key bigint, forgotten_at timestamp
);
alter table state.tombstones add column if not exists salt varchar;
alter table state.tombstones add column if not exists certificate varchar;
-- Null: of before schema 8, when the digest of an id was that of the id in lower case.
alter table state.tombstones add column if not exists is_exact boolean;
create table if not exists state.tombstone_salt (salt varchar);
-- Grain: one row, made once: the salt of control buckets. With another one everybody would change sides.
create table if not exists state.control_salt (salt varchar);

insert into state.control_salt
select md5(uuid()::varchar || uuid()::varchar) as salt
where not exists (from state.control_salt);

-- Grain: one row: how many bytes of `forgotten.ndjson` are in state.tombstones already; is_checked is false
-- until the customers were compared with what came from there.
create table if not exists state.tombstones_read (byte_count bigint, is_checked boolean);
-- Grain: one row per store whose customers and purchases are those of everything loaded: by which settings and
-- SQL files they were resolved, and when.
create table if not exists state.resolved (
    store varchar, rules varchar, run_id varchar, resolved_at timestamp
);
