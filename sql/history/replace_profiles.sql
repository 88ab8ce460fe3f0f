-- coded_profiles becomes profiles_next and the rows of the other stores, in the columns that both know.
-- Grain: one row per customer.
create table if not exists coded_profiles as
from profiles_next
where false;

insert into profiles_next by name
select columns(lambda name: list_contains(getvariable('columns'), name))
from coded_profiles
where store <> getvariable('store');

drop table coded_profiles;

alter table profiles_next rename to coded_profiles;
