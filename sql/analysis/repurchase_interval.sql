-- Repurchase interval: how long customers take from one purchase to the next. Grain: one row per store and which
-- purchase it leads to (2 is from the first to the second; 6 stands for the sixth and later).
with gaps as (
    select
        store,
        least(row_number() over by_customer, 6) as to_purchase,
        date_diff('day', lag(purchased_on) over by_customer, purchased_on) as days
    from purchases
    where customer_key is not null
    window by_customer as (partition by store, customer_key order by purchase_no)
)

select
    store,
    to_purchase,
    count(*) as intervals,
    quantile_disc(days, 0.25) as quarter_within_days,
    quantile_disc(days, 0.5) as half_within_days,
    quantile_disc(days, 0.75) as three_quarters_within_days,
    round(avg(days)::decimal(38, 6), 1)::double as average_days
from gaps
where days is not null
group by store, to_purchase
order by store, to_purchase;
