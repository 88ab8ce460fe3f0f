-- Promo code effect: what came with each code, and whether its new customers came back without one.
-- Grain: one row per store and promo code typed; discounted: it gave one (files do not say). new: the very
-- first purchase of the customer used it.
-- $since date: Purchases from this day on.
-- $until date: Purchases up to this day.
with numbered as (
    select
        store,
        customer_key,
        purchase_no,
        purchased_on,
        amount_cents,
        row_number() over (partition by store, customer_key order by purchase_no) as purchase_rank,
        count(*) over (partition by store, customer_key) as purchase_count
    from purchases
    where customer_key is not null
),

used as (
    select store, purchase_no, promo_code, bool_or(is_applied) as is_applied
    from purchase_promo_codes
    group by all
)

select
    used.store,
    used.promo_code,
    count(*) as purchases,
    count(*) filter (used.is_applied) as discounted_purchases,
    count(distinct numbered.customer_key) as customers,
    (sum(numbered.amount_cents)::decimal(38, 2) / 100)::decimal(18, 2) as amount,
    round((sum(numbered.amount_cents) / count(*) / 100)::decimal(38, 6), 2)::double as average_amount,
    count(*) filter (purchase_rank = 1) as new_customers,
    count(*) filter (purchase_rank = 1 and purchase_count > 1) as new_customers_who_came_back,
    round(
        (
            100 * count(*) filter (purchase_rank = 1 and purchase_count > 1)
            / nullif(count(*) filter (purchase_rank = 1), 0)
        )::decimal(38, 6), 1
    )::double as came_back_percent
from used
inner join numbered using (store, purchase_no)
where ($since is null or numbered.purchased_on >= $since)
    and ($until is null or numbered.purchased_on <= $until)
group by used.store, used.promo_code
order by amount desc, used.store, used.promo_code;
