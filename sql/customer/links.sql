-- Why these records are one person. Grain: one row per identifier; a merge and a conflict are rows too.
select kind, value, reason, linked_at as since
from identity_links
where store = getvariable('store') and customer_key = getvariable('customer_key')
union all
select 'merged', 'customer ' || merged_customer_key, reason, merged_at
from customer_merges
where store = getvariable('store') and customer_key = getvariable('customer_key')
union all
select
    'conflict: ' || kind,
    value,
    format(
        '{}; belongs to customer {}, used on {} orders, first on {}',
        reason, other_customer_key, order_count, first_order_id
    ),
    null
from identity_conflicts
where store = getvariable('store') and customer_key = getvariable('customer_key')
order by kind, value;
