-- What the customers of each clv_tier are worth. Grain: one row per tier, the highest first; a tier of fewer than five
-- customers goes to the next one below, as far as there is one.
with counted as (
    select
        clv_tier::varchar as tier,
        list_position(['top_1', 'top_5', 'top_10', 'top_25', 'top_50', 'rest'], clv_tier::varchar) as tier_no,
        count(*) as customers,
        (sum(expected_amount_365d) * 100)::bigint as expected_cents,
        (sum(amount_lifetime) * 100)::bigint as amount_cents,
        sum(expected_orders_365d) as orders
    from profiles
    where store = getvariable('store') and clv_tier is not null
    group by clv_tier
),

placed as (
    select *, min(tier_no) filter (customers >= 5) over (
        order by tier_no rows between current row and unbounded following
    ) as shown_no
    from counted
),

merged as (
    select
        shown_no,
        sum(customers)::bigint as customers,
        sum(expected_cents)::bigint as expected_cents,
        sum(amount_cents)::bigint as amount_cents,
        sum(orders) as orders
    from placed
    where shown_no is not null
    group by shown_no
)

select
    ['top_1', 'top_5', 'top_10', 'top_25', 'top_50', 'rest'][shown_no] as tier,
    customers,
    expected_cents,
    percent_of(expected_cents, sum(expected_cents) over ()) as expected_percent,
    (2 * expected_cents + customers) // (2 * customers) as value_cents,
    amount_cents,
    rounded_ratio((orders * 10)::bigint, customers * 10, 10) as orders_per_customer
from merged
order by shown_no;
