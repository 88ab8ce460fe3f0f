-- What the last sync that listed each day found, newest day first. Grain: one row per day of creation.
select *
from reconciliation
where store = getvariable('store')
order by day_on desc nulls first;
