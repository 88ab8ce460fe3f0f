-- push: what each platform was sent and what it accepted.
create table if not exists push_runs (
    run_id varchar, destination varchar, store varchar, started_at timestamp,
    finished_at timestamp, status varchar, summary json
);
alter table push_runs add column if not exists entity varchar;
create table if not exists push_batches (
    batch_id varchar, run_id varchar, destination varchar, store varchar, entity varchar,
    record_count bigint, attempted_at timestamp
);
-- Grain: one row per destination, store, entity and record. hash and accepted_at tell what the
-- platform last accepted or queued, remote_key what it knows the record by; the other columns tell
-- the last attempt. A null hash with an outcome accepted: the record was cleared or deleted there.
create table if not exists push_records (
    destination varchar, store varchar, entity varchar, record_id varchar, hash varchar,
    outcome varchar, code varchar, message varchar, attempted_at timestamp,
    accepted_at timestamp, batch_id varchar
);
alter table push_records add column if not exists remote_key varchar;
-- memo (JSON) is what a later change has to repeat of what was sent: who it was sent for, which lines.
alter table push_records add column if not exists memo varchar;
alter table push_records add column if not exists export_id varchar;
-- Jobs that a platform works on by itself; finished_at null: not known to be over.
create table if not exists push_jobs (
    job_id varchar, destination varchar, store varchar, entity varchar, run_id varchar,
    batch_id varchar, record_count bigint, started_at timestamp, finished_at timestamp,
    status varchar
);
-- The records of the jobs that are not over, with the hash to keep when they are accepted.
create table if not exists push_job_records (
    job_id varchar, destination varchar, store varchar, entity varchar, record_id varchar,
    hash varchar, remote_key varchar
);
-- Records on the way: written before a request leaves, deleted with its outcome. What is left after
-- a killed run may have arrived.
create table if not exists push_intents (
    destination varchar, store varchar, entity varchar, record_id varchar, batch_id varchar,
    run_id varchar, intended_at timestamp
);
alter table push_intents add column if not exists memo varchar;
alter table push_intents add column if not exists remote_key varchar;
-- Grain: one row per destination, store, customer and address. The addresses by which a platform knows, or may
-- know, a customer beside push_records.remote_key: noted before the request that gives them a new one, deleted
-- once the platform confirmed that the contact was moved or deleted. state null: not settled yet; cleared: our
-- fields are empty there; by_hand: somebody has to look at it. It is not in the read copy.
create table if not exists push_addresses (
    destination varchar, store varchar, entity varchar, record_id varchar, address varchar,
    state varchar, noted_at timestamp
);
-- Grain: one row per export: records of a stretch of days, sent once more to one destination. dated_by
-- is created or updated; status is running, completed, unfinished, held, failed or interrupted: until
-- it is completed, the same command goes on with what is left.
create table if not exists push_exports (
    export_id varchar, destination varchar, store varchar, entity varchar, dated_by varchar,
    from_on date, to_on date, status varchar, record_count bigint, done_count bigint,
    refused_count bigint, started_at timestamp, updated_at timestamp, finished_at timestamp,
    run_id varchar
);
-- That a person agreed to push to a destination.
create table if not exists push_confirmations (
    destination varchar, store varchar, entity varchar, run_id varchar, confirmed_at timestamp
);
