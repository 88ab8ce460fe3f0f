-- What the numbers leave out and why: the findings of the last resolve, and the records set aside.
select finding, detail, row_count, amount_cents
from resolve_report
where store = getvariable('store') and finding not in ('customers', 'purchases')
union all
select 'rejects', entity, reject_count, null
from reject_counts
where store = getvariable('store')
order by finding, detail;
