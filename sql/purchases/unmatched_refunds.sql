-- unmatched_refunds. Grain: one row per refund and reason why some of it, or nothing, could be taken from a purchase:
-- other_currency, no_purchase and nobody (see purchases/refunds), more_than_paid, or not_in_basis (shipping and the like, which
-- the amounts leave out). Of several refunds of one purchase the earlier take first.
delete from unmatched_refunds where store = getvariable('store');

insert into unmatched_refunds by name
with named as (
    select
        refunds.*,
        coalesce(cart_orders.first_order_id, refunds.refund_of) as purchase_order_id
    from refunds
    left join cart_orders on cart_orders.order_id = refunds.refund_of
    where not refunds.is_loose and refunds.reason is null
),

over_refunded as (
    select
        gross_purchases.order_id,
        greatest(any_value(gross_purchases.basis_cents), 0) as basis_cents,
        any_value(gross_purchases.gross_cents) as gross_cents
    from named
    inner join gross_purchases on gross_purchases.order_id = named.purchase_order_id
    group by gross_purchases.order_id
    having sum(named.refund_cents) > greatest(any_value(gross_purchases.basis_cents), 0)
),

in_turn as (
    select
        named.*,
        over_refunded.basis_cents,
        greatest(over_refunded.gross_cents, over_refunded.basis_cents) as paid_cents,
        sum(named.refund_cents) over (
            partition by over_refunded.order_id
            order by named.refunded_at nulls last, named.order_id, named.receipt
            rows unbounded preceding
        ) as upto_cents
    from named
    inner join over_refunded on over_refunded.order_id = named.purchase_order_id
),

parts as (
    select *, refund_cents as unmatched_cents
    from refunds
    where reason is not null
    union all by name
    select
        * replace ('not_in_basis' as reason),
        greatest(
            least(upto_cents, paid_cents) - greatest(upto_cents - refund_cents, basis_cents), 0
        ) as unmatched_cents
    from in_turn
    union all by name
    select
        * replace ('more_than_paid' as reason),
        least(refund_cents, greatest(upto_cents - paid_cents, 0)) as unmatched_cents
    from in_turn
    union all by name
    select
        refunds.* replace ('more_than_paid' as reason),
        coalesce(matched.unmatched_cents, refunds.refund_cents) as unmatched_cents
    from refunds
    left join matched on matched.is_refund and matched.order_id = refunds.order_id
    where refunds.is_loose and refunds.reason is null
)

select
    getvariable('store') as store,
    order_id,
    customer_key,
    refunded_at,
    refund_cents,
    unmatched_cents::bigint as unmatched_cents,
    receipt,
    refund_of,
    currency,
    reason
from parts
where unmatched_cents > 0;

drop table gross_purchases;
