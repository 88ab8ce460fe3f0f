-- Every refunded cent is taken from a purchase or unmatched. Grain: one row per currency whose sums differ;
-- one without a currency when the sources hold other refunds than those.
with known as (
    select coalesce(currency, '') as currency, sum(refund_cents) as refund_cents
    from refunds
    group by all
),

taken as (
    select
        coalesce((select currency from reporting_currency), '') as currency,
        coalesce((
            select sum(refund_cents)
            from purchases
            where store = getvariable('store')
        ), 0)
        + coalesce((select sum(refund_cents) from dropped_purchases), 0) as taken_cents
),

unmatched as (
    select coalesce(currency, '') as currency, sum(unmatched_cents) as unmatched_cents
    from unmatched_refunds
    where store = getvariable('store')
    group by all
),

sums as (
    select
        currency,
        coalesce(known.refund_cents, 0) as refund_cents,
        coalesce(taken.taken_cents, 0) as taken_cents,
        coalesce(unmatched.unmatched_cents, 0) as unmatched_cents
    from known
    full join taken using (currency)
    full join unmatched using (currency)
),

stored as (
    select
        coalesce((
            select sum(amount_cents)
            from order_refunds
            where store = getvariable('store')
        ), 0)
        + coalesce((
            select sum(abs(value_cents))
            from order_classes
            where is_refund
                and not is_dead_status(status)
                and order_id not in (
                    select receipt from order_refunds
                    where store = getvariable('store') and source = 'import'
                )
        ), 0) as refund_cents
)

select currency, refund_cents, taken_cents, unmatched_cents
from sums
where refund_cents <> taken_cents + unmatched_cents
union all
select null, stored.refund_cents, (select coalesce(sum(refund_cents), 0) from refunds), null
from stored
where stored.refund_cents <> (select coalesce(sum(refund_cents), 0) from refunds);
