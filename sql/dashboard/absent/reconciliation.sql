-- In a read copy of an earlier version: nothing was compared with the source.
create or replace temp table reconciliation (
    store varchar, day_on date, listed_count bigint, stored_count bigint, unexplained_count bigint,
    unexplained_cents bigint, reconciled_at timestamp
);
