-- In a read copy of an earlier version: nothing is known of the runs.
create or replace temp table runs (
    job varchar, store varchar, started_at timestamp, finished_at timestamp, status varchar
);
