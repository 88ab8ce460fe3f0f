-- refunds (temporary). Grain: one row per refund of the store, with its cents: a return receipt of VTEX, or an imported
-- refund that was not canceled. `order_id` is the order that holds it (its own, of an imported one), `refund_of` the
-- order it reduces; is_loose: it names no order of this store, so it reduces its customer's newest earlier purchases.
-- `reason` says why none of it can be taken, null where it can: other_currency, no_purchase or nobody.
create or replace temp table refunds as
with receipts as (
    select
        case when order_refunds.source = 'import' then order_refunds.receipt else order_refunds.order_id end
            as order_id,
        case when order_refunds.source <> 'import' then order_refunds.receipt end as receipt,
        order_refunds.order_id as refund_of,
        order_refunds.refunded_at,
        order_refunds.amount_cents as refund_cents,
        own.currency,
        own.order_id is not null as is_imported
    from order_refunds
    left join orders as own
        on own.store = order_refunds.store
        and order_refunds.source = 'import'
        and own.order_id = order_refunds.receipt
    where order_refunds.store = getvariable('store')
),

placed as (
    select
        receipts.order_id,
        receipts.receipt,
        receipts.refund_of,
        order_customers.customer_key,
        receipts.refunded_at,
        coalesce(receipts.currency, named.currency, reporting_currency.currency) as currency,
        receipts.refund_cents,
        false as is_loose,
        case
            when named.order_id is null or named.is_refund then 'no_purchase'
            when named.is_foreign
                or receipts.currency <> coalesce(named.currency, reporting_currency.currency)
                then 'other_currency'
            when not named.is_purchase then 'no_purchase'
        end as reason
    from receipts
    cross join reporting_currency
    left join order_classes as named on named.order_id = receipts.refund_of
    left join order_customers
        on order_customers.store = getvariable('store')
        and order_customers.order_id = receipts.refund_of
    where not receipts.is_imported or coalesce(not named.is_refund, false)
),

loose as (
    select
        order_classes.order_id,
        null as receipt,
        order_classes.refund_of,
        order_customers.customer_key,
        order_classes.created_at as refunded_at,
        coalesce(order_classes.currency, reporting_currency.currency) as currency,
        abs(order_classes.value_cents) as refund_cents,
        true as is_loose,
        case
            when order_classes.is_foreign then 'other_currency'
            when order_customers.customer_key is null then 'nobody'
        end as reason
    from order_classes
    cross join reporting_currency
    left join order_customers
        on order_customers.store = order_classes.store
        and order_customers.order_id = order_classes.order_id
    where order_classes.is_refund
        and not is_dead_status(order_classes.status)
        and order_classes.value_cents <> 0
        and (
            order_classes.refund_of is null
            or order_classes.refund_of not in (
                select order_id from order_classes where not is_refund
            )
        )
)

select * from placed
union all
select * from loose;
