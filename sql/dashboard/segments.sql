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
),

-- Shares are of the whole store, whatever is not shown.
shared as (
    select
        *,
        percent_of(customers, sum(customers) over ()) as customers_percent,
        percent_of(amount_cents, sum(amount_cents) over ()) as amount_percent
    from merged
)

select
    segment,
    customers,
    amount_cents,
    amount_360d_cents,
    (2 * amount_cents + customers) // (2 * customers) as value_cents,
    customers_percent,
    amount_percent,
    rounded_ratio(purchases, customers, 10) as purchases_per_customer
from shared
where customers >= 5
order by amount_cents desc, segment;
