-- name: profiles
-- Before the first profiles: nobody has one.
create or replace temp table profiles (
    store varchar, customer_key bigint, rfm_segment varchar, r_score tinyint, f_score tinyint,
    m_score tinyint, amount_lifetime decimal(18, 2), amount_360d decimal(18, 2),
    orders_lifetime bigint
);

-- name: watermarks
-- In a read copy of an earlier version: nothing is known of what was pulled.
create or replace temp table watermarks (store varchar, entity varchar, watermark_at timestamp);

-- name: runs
-- In a read copy of an earlier version: nothing is known of the runs.
create or replace temp table runs (
    job varchar, store varchar, started_at timestamp, finished_at timestamp, status varchar
);

-- name: reject_counts
-- In a read copy of an earlier version: nothing is known of what was rejected.
create or replace temp table reject_counts (store varchar, entity varchar, reject_count bigint);

-- name: reconciliation
-- In a read copy of an earlier version: nothing was compared with the source.
create or replace temp table reconciliation (
    store varchar, day_on date, listed_count bigint, stored_count bigint, unexplained_count bigint,
    unexplained_cents bigint, reconciled_at timestamp
);
