-- name: findings
-- resolve_report. Grain: one row per finding of this resolve; what the numbers leave out and why.
-- The registered frame `advisory` counts the rows of sql/checks/advisory.
delete from resolve_report where store = getvariable('store');

insert into resolve_report by name
with findings as (
    select 'customers' as finding, null::varchar as detail, count(*) as row_count, null as amount_cents
    from customers
    where store = getvariable('store')
    union all
    select 'purchases', null, count(*), sum(amount_cents)
    from purchases
    where store = getvariable('store')
    union all
    select 'anonymous_orders', null, sum(order_count)::bigint, sum(amount_cents)
    from purchases
    where store = getvariable('store') and customer_key is null and not is_marketplace
    union all
    select 'marketplace_orders', null, sum(order_count)::bigint, sum(amount_cents)
    from purchases
    where store = getvariable('store') and is_marketplace
    union all
    select 'foreign_currency_orders', currency, count(*), sum(value_cents)
    from order_classes
    where is_sale and is_foreign
    group by currency
    union all
    select 'unknown_statuses', status, count(*), sum(value_cents)
    from order_classes
    where not is_known_status(status)
    group by status
    union all
    select 'returned_purchases', null, count(*), sum(refund_cents)
    from purchases
    where store = getvariable('store') and refund_cents > 0
    union all
    select 'unmatched_refunds', null, count(*), sum(unmatched_cents)
    from unmatched_refunds
    where store = getvariable('store')
    union all
    select 'identity_conflicts', kind, count(*), null
    from identity_conflicts
    where store = getvariable('store')
    group by kind
    union all
    select 'shared_documents', null, count(*), null
    from shared_documents
    union all
    select 'merged_customers', null, count(*), null
    from customer_merges
    where store = getvariable('store') and merged_at = getvariable('now')::timestamp
    union all
    select 'incomplete_orders', null, count(*), null
    from state.incomplete_orders
    where store = getvariable('store') and not is_done and tries < 2
    union all
    select 'kept_settings', setting || ' = ' || value, 1, null
    from state.kept_settings
    where store = getvariable('store')
        and setting = 'product_label'
        and value = getvariable('product_label')
    union all
    select finding, null, row_count, null
    from advisory
)

select
    getvariable('store') as store,
    finding,
    detail,
    row_count,
    coalesce(amount_cents, 0)::bigint as amount_cents
from findings
where row_count > 0 or finding in ('customers', 'purchases');

-- name: read
-- The findings of the last resolve of one store.
select finding, detail, row_count, amount_cents
from resolve_report
where store = getvariable('store')
order by finding, detail;
