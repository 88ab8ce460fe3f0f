-- The RFM grid. Grain: one row per recency and frequency score with five customers or more; what is smaller is
-- one row without scores, as far as it holds five customers together. Amounts are those of all time.
with counted as (
    select
        r_score,
        f_score,
        count(*) as customers,
        (sum(amount_lifetime) * 100)::bigint as amount_cents
    from profiles
    where store = getvariable('store') and r_score is not null
    group by r_score, f_score
),

merged as (
    select
        case when customers >= 5 then r_score::bigint end as r_score,
        case when customers >= 5 then f_score::bigint end as f_score,
        sum(customers)::bigint as customers,
        sum(amount_cents)::bigint as amount_cents,
        count(*) as cells
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

select *
from shared
where customers >= 5
order by r_score nulls last, f_score;
