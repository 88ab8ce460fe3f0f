-- The customers as a whole, on the day of the profiles. One row; null where it is about 1 to 4 customers.
with gaps as (
    select last_age - age as days
    from sales
    where purchase_rank > 1
),

counted as (
    select
        count(*) as customers,
        count(*) filter (orders_lifetime > 0) as buyers,
        count(*) filter (orders_lifetime > 1) as repeat_buyers,
        (sum(amount_lifetime) * 100)::bigint as amount_cents,
        sum(orders_lifetime)::bigint as purchases
    from profiles
    where store = getvariable('store')
)

select
    case when customers not between 1 and 4 then customers end as customers,
    case when buyers not between 1 and 4 then buyers end as buyers,
    case when repeat_buyers not between 1 and 4 then repeat_buyers end as repeat_buyers,
    case when buyers >= 5 and repeat_buyers not between 1 and 4 then
        percent_of(repeat_buyers, buyers)
    end as repeat_percent,
    case when buyers >= 5 then (2 * amount_cents + buyers) // (2 * buyers) end as value_cents,
    case when buyers >= 5 then rounded_ratio(purchases, buyers, 100) end as purchases_per_buyer,
    case when repeat_buyers >= 5 then (select median(days) from gaps) end as median_gap_days
from counted;
