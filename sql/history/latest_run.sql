-- The newest day for which profiles of the store are kept.
select max(as_of) as as_of
from profile_runs
where store = getvariable('store');
