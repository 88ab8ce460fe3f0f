-- name: touched
-- Whom the kept profiles do not know whole: something of theirs was loaded since, or they bought after the day.
-- Grain: one row per customer with a profile to be.
with kept as (
    select as_of, kept_at
    from profile_runs
    where store = getvariable('store')
    order by as_of desc
    limit 1
),

loaded as (
    select order_customers.customer_key
    from raw.vtex_orders as orders
    inner join order_customers
        on order_customers.store = orders.store and order_customers.order_id = orders.key
    where orders.store = getvariable('store') and orders.pulled_at >= (select kept_at from kept)
    union
    select order_customers.customer_key
    from raw.imported_orders as orders
    inner join order_customers
        on order_customers.store = orders.store and order_customers.order_id = orders.order_id
    where orders.store = getvariable('store') and orders.pulled_at >= (select kept_at from kept)
    union
    select links.customer_key
    from raw.vtex_customers as contacts
    inner join identity_links as links
        on links.store = contacts.store and links.kind = 'contact' and links.value = 'vtex:' || contacts.key
    where contacts.store = getvariable('store') and contacts.pulled_at >= (select kept_at from kept)
    union
    select customer_key
    from purchases
    where store = getvariable('store') and purchased_on > (select as_of from kept)
)

select customer_key
from loaded
inner join customers using (customer_key)
where customers.store = getvariable('store') and customers.deleted_at is null
order by customer_key;

-- name: make
-- profiles_today, empty. Grain: one row per customer whose profile was made again since the kept ones: its columns are
-- those of the profiles, the day it is for and the moment it was made.
create table if not exists profiles_today as
select null::date as as_of, null::timestamp as computed_at, *
from profiles
where false;

-- name: replace
-- The rows of one store replaced by the registered frame `incoming`, whose columns the table takes.
create or replace table profiles_today as
from incoming
union all by name
select columns(lambda name: list_contains(getvariable('columns'), name))
from profiles_today
where store <> getvariable('store');

-- name: settle
-- Profiles of as_of are kept now: they stand for all rows but those of people who bought after that day.
delete from profiles_today
where store = getvariable('store')
    and (
        as_of <= getvariable('as_of')::date
        or customer_key not in (
            select customer_key
            from purchases
            where store = getvariable('store')
                and purchased_on > getvariable('as_of')::date
                and customer_key is not null
        )
    );

-- name: rows
-- Grain: one row per customer whose profile was made again since the kept ones.
select * exclude (computed_at)
from profiles_today
where store = getvariable('store')
order by customer_key;

-- name: kept_values
-- Chosen columns of the kept profiles of the customers in the registered frame `wanted`. Grain: one row per customer.
select columns(lambda name: name = 'customer_key' or list_contains(getvariable('columns'), name))
from profiles
where store = getvariable('store') and customer_key in (select customer_key from wanted);

-- name: others
-- What decides whether a platform can be sent somebody, of all whose kept profile still holds. Grain: one row each.
select customer_key, email, last_purchase_date
from profiles
where store = getvariable('store')
    and customer_key not in (
        select customer_key from profiles_today where store = getvariable('store')
    )
    and customer_key in (
        select customer_key from customers
        where store = getvariable('store') and deleted_at is null
    );

-- name: why_not_predicted
-- Why the kept profiles of buyers hold no predictions, and why those that do hold no amounts. Grain: one row, nulls
-- where they do.
select
    any_value(prediction_status) filter (p_alive is null) as status,
    any_value(prediction_status) filter (p_alive is not null and clv_365d is null) as value_status
from profiles
where store = getvariable('store') and orders_lifetime > 0;

-- name: worth
-- The kept clv_365d of everybody, from which the tiers are cut.
select clv_365d::double as clv_365d
from profiles
where store = getvariable('store') and clv_365d is not null;
