-- rfm_cut_points of one store replaced by the registered frame `incoming`; grain: as the profile core gives it.
-- The table takes its columns from the frame; other stores keep the columns that both know.
create table if not exists rfm_cut_points as
from incoming
where false;

create or replace table rfm_cut_points as
from incoming
union all by name
select columns(lambda name: list_contains(getvariable('columns'), name))
from rfm_cut_points
where store <> getvariable('store');
