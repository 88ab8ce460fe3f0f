-- profiles of one store replaced by the registered frame `incoming`; grain: one row per customer.
-- The table takes its columns from the frame; other stores keep the columns that both know.
create table if not exists profiles as
from incoming
where false;

create or replace table profiles as
from incoming
union all by name
select columns(lambda name: list_contains(getvariable('columns'), name))
from profiles
where store <> getvariable('store');
