-- push: what each platform was sent and what it accepted.
create table if not exists push_runs (
    run_id varchar, destination varchar, store varchar, started_at timestamp,
    finished_at timestamp, status varchar, summary json
);
create table if not exists push_batches (
    batch_id varchar, run_id varchar, destination varchar, store varchar, entity varchar,
    record_count bigint, attempted_at timestamp
);
-- Grain: one row per destination, store, entity and record. hash and accepted_at tell what the
-- platform last accepted or queued; the other columns tell the last attempt.
create table if not exists push_records (
    destination varchar, store varchar, entity varchar, record_id varchar, hash varchar,
    outcome varchar, code varchar, message varchar, attempted_at timestamp,
    accepted_at timestamp, batch_id varchar
);
