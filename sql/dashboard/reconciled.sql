-- Does the store equal the source? One row when VTEX was ever compared with what is stored.
select
    count(*) as days,
    min(day_on) as first_on,
    max(day_on) as last_on,
    sum(listed_count)::bigint as listed,
    sum(stored_count)::bigint as stored,
    sum(unexplained_count)::bigint as unexplained,
    sum(unexplained_cents)::bigint as unexplained_cents,
    max(reconciled_at) as reconciled_at
from reconciliation
where store = getvariable('store')
having count(*) > 0;
