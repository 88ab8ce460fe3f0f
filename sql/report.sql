-- name: findings
-- resolve_report. Grain: one row per finding of this resolve; what the numbers leave out and why.
-- The registered frame `advisory` counts the rows of sql/checks/advisory.
delete from resolve_report where store = getvariable('store');

insert into resolve_report by name
with imported_ids as (
    select customer_id
    from identified_orders
    where is_imported and customer_id is not null
    union
    select customer_id
    from identified_contacts
    where source = 'import' and customer_id is not null
),

findings as (
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
    select 'missing_statuses', null, count(*), sum(value_cents)
    from order_classes
    where status is null
    union all
    -- A file without any status is one of sales; where others have one, its lack may be a gap.
    select 'missing_statuses', 'imported', count(*), sum(amount_cents)
    from raw.imported_orders
    where store = getvariable('store')
        and text_or_null(status) is null
        and exists (
            from raw.imported_orders
            where store = getvariable('store') and text_or_null(status) is not null
        )
    union all
    select 'returned_purchases', 'counted', count(*), sum(refund_cents)
    from purchases
    where store = getvariable('store')
        and refund_cents > 0
        and case getvariable('amount_basis')
            when 'gross' then refund_cents = gross_cents else amount_cents = 0
        end
    union all
    select 'returned_purchases', 'dropped', count(*), sum(refund_cents)
    from dropped_purchases
    union all
    select 'refunds', nullif(refunds.currency, reporting_currency.currency), count(*), sum(refund_cents)
    from refunds
    cross join reporting_currency
    group by all
    union all
    select 'taken_refunds', null, count(*), sum(refund_cents)
    from (
        select refund_cents
        from purchases
        where store = getvariable('store')
        union all
        select refund_cents
        from dropped_purchases
    )
    where refund_cents > 0
    union all
    select 'unmatched_refunds',
        concat_ws(' ', reason, nullif(unmatched_refunds.currency, reporting_currency.currency)),
        count(*), sum(unmatched_cents)
    from unmatched_refunds
    cross join reporting_currency
    where store = getvariable('store')
    group by all
    union all
    select 'identity_conflicts', kind, count(*), null
    from identity_conflicts
    where store = getvariable('store') and customer_key is not null
    group by kind
    union all
    select 'shared_identifiers', kind, count(*), null
    from identity_conflicts
    where store = getvariable('store') and customer_key is null
    group by kind
    union all
    select 'ids_not_joined', 'letter_case', count(*) - count(distinct lower(customer_id)), null
    from imported_ids
    union all
    select 'ids_not_joined', 'leading_zeros', count(*) - count(distinct ltrim(customer_id, '0')), null
    from imported_ids
    where regexp_full_match(customer_id, '[0-9]+')
    union all
    select 'split_customers', null, count(*), null
    from customer_splits
    where store = getvariable('store') and split_at = getvariable('now')::timestamp
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

-- name: splits
-- Who got a key of their own since profiles were last accepted by the destination (null: by any). Grain: one row per
-- customer; customer_key is the key that was theirs too until then.
select customer_key, new_customer_key, split_at
from customer_splits
where store = getvariable('store')
    and split_at > coalesce((
        select max(accepted_at)
        from push_records
        where store = getvariable('store')
            and entity = 'profiles'
            and destination = coalesce(getvariable('destination'), destination)
    ), '-infinity'::timestamp)
order by new_customer_key;
