-- What customers are worth. Grain: one row per tenth of the buyers, most valuable first; amounts of all time.
-- Empty below fifty buyers, so that no tenth is about fewer than five.
with placed as (
    select
        amount_lifetime,
        orders_lifetime,
        ntile(10) over (order by amount_lifetime desc, customer_key) as tenth
    from profiles
    where store = getvariable('store') and orders_lifetime > 0
)

select
    tenth,
    count(*) as customers,
    (sum(amount_lifetime) * 100)::bigint as amount_cents,
    (2 * (sum(amount_lifetime) * 100)::bigint + count(*)) // (2 * count(*)) as value_cents,
    rounded_ratio(sum(orders_lifetime), count(*), 10) as purchases_per_customer,
    percent_of(sum(amount_lifetime) * 100, sum(sum(amount_lifetime)) over () * 100) as amount_percent
from placed
group by tenth
having (select count(*) from placed) >= 50
order by tenth;
