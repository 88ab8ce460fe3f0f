-- The findings of the last resolve of one store.
select finding, detail, row_count, amount_cents
from resolve_report
where store = getvariable('store')
order by finding, detail;
