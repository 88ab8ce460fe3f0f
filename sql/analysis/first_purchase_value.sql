-- First purchase value: what customers are worth, and how many bought again, by the product, promo code and campaign
-- that they began with. Grain: one row per store, kind (product, promo_code, campaign) and value, which is null where
-- there was none; a first purchase of several products counts for each. Refunds are taken off. Of the customers who
-- began at least 90 days ago: how many bought again within 90 days.
-- $since date: Customers whose first purchase was on this day or later.
with numbered as (
    select
        store,
        customer_key,
        purchase_no,
        order_id,
        purchased_on,
        amount_cents,
        row_number() over by_customer as purchase_rank,
        lead(purchased_on) over by_customer as second_on
    from purchases
    where customer_key is not null
    window by_customer as (partition by store, customer_key order by purchase_no)
),

worth as (
    select store, customer_key, count(*) as purchases, sum(amount_cents) as amount_cents
    from numbered
    group by store, customer_key
),

known as (
    select store, max(purchased_on) as until_on
    from purchases
    group by store
),

begun as (
    select
        numbered.*,
        worth.purchases,
        worth.amount_cents as worth_cents,
        date_diff('day', numbered.purchased_on, known.until_on) >= 90 as is_judged,
        coalesce(date_diff('day', numbered.purchased_on, numbered.second_on) <= 90, false) as is_back_soon
    from numbered
    inner join worth using (store, customer_key)
    inner join known using (store)
    where numbered.purchase_rank = 1 and ($since is null or numbered.purchased_on >= $since)
),

began_with as (
    select distinct begun.store, begun.customer_key, 'product' as kind, purchase_lines.product as value
    from begun
    left join purchase_lines using (store, purchase_no)
    union all
    select distinct begun.store, begun.customer_key, 'promo_code', codes.promo_code
    from begun
    left join purchase_promo_codes as codes using (store, purchase_no)
    union all
    select begun.store, begun.customer_key, 'campaign', orders.utm_campaign
    from begun
    left join orders using (store, order_id)
)

select
    began_with.store,
    began_with.kind,
    began_with.value,
    count(*) as customers,
    count(*) filter (begun.purchases > 1) as customers_who_came_back,
    round((100 * count(*) filter (begun.purchases > 1) / count(*))::decimal(38, 6), 1)::double
        as came_back_percent,
    round(
        (
            100 * count(*) filter (begun.is_judged and begun.is_back_soon)
            / nullif(count(*) filter (begun.is_judged), 0)
        )::decimal(38, 6), 1
    )::double as came_back_within_90d_percent,
    (sum(begun.worth_cents)::decimal(38, 2) / 100)::decimal(18, 2) as amount,
    round((sum(begun.worth_cents) / count(*) / 100)::decimal(38, 6), 2)::double as average_amount
from began_with
inner join begun using (store, customer_key)
group by began_with.store, began_with.kind, began_with.value
order by began_with.store, began_with.kind, amount desc, began_with.value;
