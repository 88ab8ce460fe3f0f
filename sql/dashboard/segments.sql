-- The segments. Grain: one row per segment with five customers or more, largest value first; smaller ones are
-- one row `(other)`, as far as it holds five customers together.
with counted as (
    select
        rfm_segment::varchar as segment,
        count(*) as customers,
        (sum(amount_lifetime) * 100)::bigint as amount_cents,
        (sum(amount_360d) * 100)::bigint as amount_360d_cents,
        sum(orders_lifetime)::bigint as purchases
    from profiles
    where store = getvariable('store') and rfm_segment is not null
    group by rfm_segment
),

merged as (
    select
        case when customers >= 5 then segment else '(other)' end as segment,
        sum(customers)::bigint as customers,
        sum(amount_cents)::bigint as amount_cents,
        sum(amount_360d_cents)::bigint as amount_360d_cents,
        sum(purchases)::bigint as purchases
    from counted
    group by all
)

select
    segment,
    customers,
    amount_cents,
    amount_360d_cents,
    (2 * amount_cents + customers) // (2 * customers) as value_cents,
    round(100.0 * customers / sum(customers) over (), 1) as customers_percent,
    round(100.0 * amount_cents / nullif(sum(amount_cents) over (), 0), 1) as amount_percent,
    round(purchases / customers, 1) as purchases_per_customer
from merged
where customers >= 5
order by amount_cents desc, segment;
