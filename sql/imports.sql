-- name: reused_orders
-- Grain: one row per order of the registered frame `given_orders` that is stored with another customer and
-- another moment. Nobody twice is another customer when the amount differs.
select
    new.order_id,
    coalesce(old.customer_id, old.email) as old_customer,
    old.ordered_at as old_ordered_at,
    coalesce(new.customer_id, new.email) as new_customer,
    new.ordered_at as new_ordered_at
from given_orders as new
inner join raw.imported_orders as old
    on old.store = getvariable('store') and old.order_id = new.order_id
where new.ordered_at <> old.ordered_at
    and (
        coalesce(new.customer_id, new.email) is distinct from coalesce(old.customer_id, old.email)
        or (coalesce(new.customer_id, new.email) is null and new.amount_cents <> old.amount_cents)
    )
order by new.line;

-- name: item_joins
-- Grain: one row: how many orders the registered frame `given_items` names and how many of them are known,
-- with some of both sides that find no partner. Known are those of `given_orders` and of the store.
with known as (
    select order_id as key from given_orders
    union
    select order_id from orders where store = getvariable('store')
),

named as (select distinct order_id as key from given_items)

select
    (select count(*) from known) as known_count,
    (select count(*) from named) as named_count,
    (select count(*) from named where key in (select key from known)) as joined_count,
    (select list(key order by key)[:3] from named where key not in (select key from known)) as alone,
    (select list(key order by key)[:3] from known where key not in (select key from named)) as there;

-- name: customer_joins
-- Grain: one row: how many customers the registered frame `given_customers` has and how many of them bought,
-- by id or e-mail, with some of both sides that find no partner. Orders are those of `given_orders` and of the
-- store.
with known as (
    select customer_id, lower(email) as email from given_orders
    union
    select coalesce(user_profile_id, customer_id), email
    from orders
    where store = getvariable('store')
),

ids as (select distinct customer_id as key from known where customer_id is not null),

emails as (select distinct email as key from known where email is not null),

named as (
    select
        customer_id as key,
        customer_id in (select key from ids) or coalesce(email in (select key from emails), false)
            as is_joined
    from given_customers
)

select
    (select count(*) from ids) + (select count(*) from emails) as known_count,
    count(*) as named_count,
    count(*) filter (is_joined) as joined_count,
    (list(key order by key) filter (not is_joined))[:3] as alone,
    (select list(key order by key)[:3] from ids where key not in (select key from named)) as there
from named;
