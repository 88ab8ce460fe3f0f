-- In a read copy of an earlier version: nothing is known of what was set aside.
create or replace temp table reject_counts (store varchar, entity varchar, reject_count bigint);
