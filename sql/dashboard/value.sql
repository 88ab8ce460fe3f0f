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
    round(sum(orders_lifetime) / count(*), 1) as purchases_per_customer,
    round(100.0 * sum(amount_lifetime) / nullif(sum(sum(amount_lifetime)) over (), 0), 1)::double
        as amount_percent
from placed
group by tenth
having (select count(*) from placed) >= 50
order by tenth;
