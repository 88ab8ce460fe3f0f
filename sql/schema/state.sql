-- state: what the program remembers about its own work.
create table if not exists state.schema_version (version integer, created_by varchar);

-- Grain: one row per store and entity; everything changed up to watermark_at is stored.
create table if not exists state.watermarks (
    store varchar, entity varchar, watermark_at timestamp, run_id varchar, updated_at timestamp
);
-- Grain: one row per order; what the order list said when its detail was last taken.
create table if not exists state.order_listing (
    store varchar, order_id varchar, status varchar, total_value double, is_complete boolean,
    authorized_at timestamp, last_change_at timestamp, detail_at timestamp, detail_status varchar
);
-- Grain: one row per record set aside and load.
create table if not exists state.rejects (
    store varchar, entity varchar, key varchar, reason varchar, payload varchar, source varchar,
    line bigint, rejected_at timestamp, run_id varchar
);
-- Grain: one row per run of a job; store is null when the job is about all of them.
create table if not exists state.runs (
    run_id varchar, job varchar, store varchar, started_at timestamp, finished_at timestamp,
    status varchar, summary json
);
