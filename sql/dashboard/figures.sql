-- The headline figures. Grain: one row per filter, period and stretch (now, before).
-- new: the customer's very first purchase lies in it; returning: a purchase that was not the first does.
-- People are known customers, and every anonymous purchase as one; figures about 1 to 4 people are null.
with counted as (
    select
        seen.filter_no,
        windows.period_no,
        windows.is_before,
        count(*) as purchases,
        sum(seen.amount_cents)::bigint as amount_cents,
        count(*) filter (
            seen.customer_key is not null
            and (seen.previous_age is null or seen.previous_age > windows.oldest_age)
        ) as customers,
        count(*) filter (seen.purchase_rank = 1) as new_customers,
        count(*) filter (
            seen.purchase_rank > 1
            and (
                seen.previous_age is null
                or seen.previous_age > windows.oldest_age
                or seen.previous_rank = 1
            )
        ) as returning_customers,
        count(*) filter (seen.customer_key is null) as anonymous_purchases
    from seen
    inner join windows on seen.age between windows.newest_age and windows.oldest_age
    group by all
),

whole as (
    select
        filters.filter_no,
        windows.period_no,
        windows.is_before,
        coalesce(counted.purchases, 0) as purchases,
        coalesce(counted.amount_cents, 0) as amount_cents,
        coalesce(counted.customers, 0) as customers,
        coalesce(counted.new_customers, 0) as new_customers,
        coalesce(counted.returning_customers, 0) as returning_customers,
        coalesce(counted.anonymous_purchases, 0) as anonymous_purchases,
        coalesce(counted.customers + counted.anonymous_purchases between 1 and 4, false) as is_small
    from filters
    cross join windows
    left join counted using (filter_no, period_no, is_before)
),

shown as (
    select
        filter_no,
        period_no,
        is_before,
        case when not is_small then amount_cents end as amount_cents,
        case when not is_small then purchases end as purchases,
        case when not is_small and purchases > 0 then
            (2 * amount_cents + purchases) // (2 * purchases)
        end as average_cents,
        case when not is_small and customers not between 1 and 4 then customers end as customers,
        case when not is_small and new_customers not between 1 and 4 then new_customers end
            as new_customers,
        case when not is_small and returning_customers not between 1 and 4 then returning_customers end
            as returning_customers,
        case when not is_small and anonymous_purchases not between 1 and 4 then anonymous_purchases end
            as anonymous_purchases
    from whole
)

select
    now.filter_no,
    periods.period,
    now.* exclude (filter_no, period_no, is_before),
    before.is_before is not null as has_before,
    columns(before.* exclude (filter_no, period_no, is_before)) as 'before_\0',
    change_percent(now.amount_cents, before.amount_cents) as amount_cents_change,
    change_percent(now.purchases, before.purchases) as purchases_change,
    change_percent(now.average_cents, before.average_cents) as average_cents_change,
    change_percent(now.customers, before.customers) as customers_change,
    change_percent(now.new_customers, before.new_customers) as new_customers_change,
    change_percent(now.returning_customers, before.returning_customers)
        as returning_customers_change,
    change_percent(now.anonymous_purchases, before.anonymous_purchases)
        as anonymous_purchases_change
from shown as now
inner join periods on periods.period_no = now.period_no
left join shown as before
    on before.filter_no = now.filter_no
    and before.period_no = now.period_no
    and before.is_before
where not now.is_before
order by now.filter_no, periods.period_no;
