-- How much of the sales was bought with a promo code, whole purchases in which one was typed, as in the labels. Grain: one
-- row per period. Figures about 1 to 4 people are null.
with coded as (
    select
        sales.age,
        sales.person,
        sales.amount_cents,
        sales.purchase_no in (
            select purchase_no
            from purchase_promo_codes
            where store = getvariable('store')
        ) as has_code
    from sales
),

counted as (
    select
        periods.period_no,
        periods.period,
        coded.age >= periods.day_count as is_before,
        count(*) filter (has_code) as purchases,
        count(distinct person) filter (has_code) as people,
        coalesce(sum(amount_cents) filter (has_code), 0)::bigint as amount_cents,
        sum(amount_cents)::bigint as all_cents
    from periods
    inner join coded
        on coded.age < periods.day_count or (periods.has_before and coded.age < 2 * periods.day_count)
    group by all
)

select
    now.period,
    case when unless_few(now.people) is not null then now.purchases end as purchases,
    case when unless_few(now.people) is not null then now.amount_cents end as amount_cents,
    case when unless_few(now.people) is not null then percent_of(now.amount_cents, now.all_cents) end as share_percent,
    case when unless_few(before.people) is not null then percent_of(before.amount_cents, before.all_cents) end
        as before_share_percent
from counted as now
left join counted as before on before.period_no = now.period_no and before.is_before
where not now.is_before
order by now.period_no;
