-- Slipping away: buyers of two purchases or more who are silent for over twice their usual gap, dearest first.
-- Grain: one row per customer. usual_gap_days is the average between a customer's own purchases.
with rhythm as (
    select
        *,
        round(
            ((days_since_first_purchase - days_since_last_purchase) / (orders_lifetime - 1))::decimal(38, 6), 1
        )::double
            as usual_gap_days
    from profiles
    where orders_lifetime > 1
)

select
    store,
    customer_key,
    customer_id,
    email,
    days_since_last_purchase,
    usual_gap_days,
    amount_lifetime,
    orders_lifetime,
    rfm_segment,
    last_purchase_brands
from rhythm
where usual_gap_days > 0 and days_since_last_purchase > 2 * usual_gap_days
order by amount_lifetime desc, store, customer_key;
