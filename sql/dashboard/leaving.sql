-- Who is likely to buy nothing in the next 90 days although they bought twice or more, and what they are worth: the chance
-- is that of the shipped audience likely_to_leave. Grain: one row per kind (segment, tier) and label; labels of fewer than
-- five such customers are one row `(other)`, as far as it holds five together. Shares are of everybody of that label.
with judged as (
    select
        rfm_segment::varchar as segment,
        clv_tier::varchar as tier,
        orders_lifetime >= 2 and churn_probability_90d >= 0.7 as is_leaving,
        p_alive,
        amount_lifetime,
        expected_amount_365d
    from profiles
    where store = getvariable('store') and p_alive is not null
),

labelled as (
    select 'segment' as kind, segment as label, * exclude (segment, tier) from judged
    union all
    select 'tier', tier, * exclude (segment, tier) from judged
),

counted as (
    select
        kind,
        label,
        count(*) as all_customers,
        count(*) filter (is_leaving) as customers,
        sum(p_alive) filter (is_leaving) as alive,
        (sum(amount_lifetime) filter (is_leaving) * 100)::bigint as amount_cents,
        (sum(expected_amount_365d) filter (is_leaving) * 100)::bigint as expected_cents
    from labelled
    where label is not null
    group by kind, label
),

merged as (
    select
        kind,
        case when customers >= 5 then label else '(other)' end as label,
        sum(all_customers)::bigint as all_customers,
        sum(customers)::bigint as customers,
        sum(alive) as alive,
        sum(amount_cents)::bigint as amount_cents,
        sum(expected_cents)::bigint as expected_cents
    from counted
    where customers > 0
    group by all
)

select
    kind,
    label,
    customers,
    percent_of(customers, all_customers) as customers_percent,
    round(100 * alive / customers)::bigint as alive_percent,
    amount_cents,
    expected_cents
from merged
where customers >= 5
order by kind, amount_cents desc, label;
