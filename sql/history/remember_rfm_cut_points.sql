-- rfm_cut_point_history of one day, from the registered frame `incoming` (the day's cut points).
-- Grain: one row per store, day, window, axis and score. The same day twice is once.
create table if not exists rfm_cut_point_history as
select null::date as as_of, *
from incoming
where false;

delete from rfm_cut_point_history
where store = getvariable('store') and as_of = getvariable('as_of')::date;

insert into rfm_cut_point_history by name
select getvariable('as_of')::date as as_of, *
from incoming;
