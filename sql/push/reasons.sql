-- Why records are not on a platform. Grain: one row per outcome, code and message.
select outcome, code, message, count(*) as record_count
from push_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and outcome in ('invalid', 'rejected', 'retryable', 'unknown')
group by all
order by record_count desc, outcome, code, message;
