-- The days the page is about: sales up to as_of, profiles of their own day, today so far where five people bought.
with today as (
    select
        count(*) as purchases,
        sum(amount_cents)::bigint as amount_cents,
        count(distinct coalesce(customer_key, -purchase_no)) as people
    from purchases
    where store = getvariable('store') and purchased_on > getvariable('as_of')::date
)

select
    (select max(as_of) from profile_runs where store = getvariable('store')) as profiles_on,
    (select min(as_of) from profile_runs where store = getvariable('store')) as history_from,
    (select min(purchased_on) from purchases where store = getvariable('store')) as sales_from,
    case when people >= 5 or people = 0 then purchases end as today_purchases,
    case when people >= 5 or people = 0 then coalesce(amount_cents, 0) end as today_cents
from today;
