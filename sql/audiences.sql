-- name: person
-- person (temporary view): what the rule of an audience may ask of a customer. Grain: one row per profile of the store.
create or replace temp view person as
with open_carts as (
    select
        links.customer_key,
        max(carts.abandoned_at) as left_at,
        arg_max(carts.value_cents, carts.abandoned_at) as value_cents
    from carts
    inner join identity_links as links
        on links.store = carts.store
        and links.kind = 'contact'
        and links.value = 'vtex:' || carts.contact_id
    where carts.store = getvariable('store') and carts.is_abandoned
    group by links.customer_key
)

select
    profiles.*,
    getvariable('as_of')::date as as_of,
    case
        when birthday.this_year_on > getvariable('as_of')::date then birthday.this_year_on
        else (profiles.birth_date + to_years(birthday.age + 1))::date
    end as next_birthday_on,
    (open_carts.left_at at time zone 'UTC' at time zone getvariable('time_zone'))::date as cart_left_on,
    (open_carts.value_cents::decimal(38, 2) / 100)::decimal(18, 2) as cart_amount,
    email_consent(statements.has_no, statements.has_yes, profiles.newsletter_opt_in) as email_opt_in
from profiles
left join email_statements('consents', getvariable('store')) as statements
    on statements.customer_key = profiles.customer_key
left join open_carts on open_carts.customer_key = profiles.customer_key
cross join lateral (
    select
        year(getvariable('as_of')::date) - year(profiles.birth_date) as age,
        (profiles.birth_date + to_years(age))::date as this_year_on
) as birthday
where profiles.store = getvariable('store');

-- name: person_columns
-- What a rule may name. Grain: one row per column.
select column_name
from (describe person);

-- name: kept_keys
-- keys_now (temporary): every key that was given up, and the one that its person has now. Grain: one row per such key.
create or replace temp view keys_now as
with recursive followed as (
    select merged_customer_key as former_key, customer_key
    from customer_merges
    where store = getvariable('store')
    union
    select followed.former_key, customer_merges.customer_key
    from followed
    inner join customer_merges
        on customer_merges.store = getvariable('store')
        and customer_merges.merged_customer_key = followed.customer_key
)

select former_key, min(customer_key) as customer_key
from followed
group by former_key;

-- name: assigned
-- Who was assigned an arm of the audience, by the key of today. Grain: one row per customer. is_mixed: two people of
-- different arms who turned out to be one, who is reached no more.
select
    coalesce(keys_now.customer_key, assignments.customer_key) as customer_key,
    min(assignments.arm) as arm,
    min(assignments.assigned_on) as assigned_on,
    count(distinct assignments.arm) > 1 as is_mixed
from audience_assignments as assignments
left join keys_now on keys_now.former_key = assignments.customer_key
where assignments.store = getvariable('store') and assignments.audience = getvariable('audience')
group by all
order by customer_key;

-- name: purchases_of_assigned
-- What everybody bought who was assigned an arm up to a day, from the day of the assignment or a later first day to
-- that day. Grain: one row per customer of the registered frame `assigned` (customer_key, arm, assigned_on, is_mixed).
select
    assigned.arm,
    assigned.is_mixed,
    count(purchases.purchase_no) as purchases,
    coalesce(sum(purchases.amount_cents), 0)::bigint as amount_cents
from assigned
left join purchases
    on purchases.store = getvariable('store')
    and purchases.customer_key = assigned.customer_key
    and purchases.purchased_on >= greatest(assigned.assigned_on, getvariable('from_on')::date)
    and purchases.purchased_on <= getvariable('to_on')::date
where assigned.assigned_on <= getvariable('to_on')::date
group by assigned.customer_key, assigned.arm, assigned.is_mixed
order by assigned.customer_key;

-- name: purchases_of_members
-- What those bought in the days up to as_of who were in the audience when these began. Grain: one row per customer.
select
    count(purchases.purchase_no) as purchases,
    coalesce(sum(purchases.amount_cents), 0)::bigint as amount_cents
from audience_history as history
left join purchases
    on purchases.store = history.store
    and purchases.customer_key = history.customer_key
    and purchases.purchased_on > getvariable('as_of')::date - getvariable('days')
    and purchases.purchased_on <= getvariable('as_of')::date
where history.store = getvariable('store')
    and history.audience = getvariable('audience')
    and history.customer_key is not null
    and history.joined_on <= getvariable('as_of')::date - getvariable('days')
    and coalesce(history.left_on, 'infinity'::date) > getvariable('as_of')::date - getvariable('days')
group by history.customer_key
order by history.customer_key;

-- name: continue
-- audience_history of the computed audiences continued to as_of from the registered frame `incoming` (audience,
-- customer_key, outcome: one row per person whom a rule fits). First the day itself is taken back, so that the same
-- as_of twice is once; an audience of the list `known` that is not in `computed` stays as it is, any other one ends.
create or replace temp table day_members as
select audience, customer_key
from incoming
where outcome = 'member';

delete from audience_history
where store = getvariable('store')
    and list_contains(getvariable('computed')::varchar[], audience)
    and customer_key is not null
    and joined_on = getvariable('as_of')::date;

update audience_history
set left_on = null, left_because = null
where store = getvariable('store')
    and list_contains(getvariable('computed')::varchar[], audience)
    and customer_key is not null
    and left_on = getvariable('as_of')::date;

update audience_history
set left_on = getvariable('as_of')::date, left_because = 'ended'
where store = getvariable('store')
    and left_on is null
    and not list_contains(getvariable('known')::varchar[], audience);

update audience_history
set left_on = getvariable('as_of')::date,
    left_because = coalesce(
        (
            select incoming.outcome
            from incoming
            where incoming.audience = audience_history.audience
                and incoming.customer_key = audience_history.customer_key
        ),
        case
            when customer_key in (select former_key from keys_now) then 'merged'
            when customer_key not in (select customer_key from person) then 'no_profile'
            else 'rule'
        end
    )
where store = getvariable('store')
    and left_on is null
    and list_contains(getvariable('computed')::varchar[], audience)
    and (audience, customer_key) not in (select (audience, customer_key) from day_members);

insert into audience_history by name
select
    getvariable('store') as store,
    day_members.audience,
    day_members.customer_key,
    getvariable('as_of')::date as joined_on
from day_members
left join audience_history as history
    on history.store = getvariable('store')
    and history.audience = day_members.audience
    and history.customer_key = day_members.customer_key
    and history.left_on is null
where history.customer_key is null
order by day_members.audience, day_members.customer_key;

-- name: count
-- audience_counts of the day, from the registered frame `incoming` (audience, outcome, people, amount).
delete from audience_counts
where store = getvariable('store')
    and as_of = getvariable('as_of')::date
    and list_contains(getvariable('computed')::varchar[], audience);

insert into audience_counts by name
select
    getvariable('store') as store,
    audience,
    getvariable('as_of')::date as as_of,
    outcome,
    people,
    amount
from incoming;

-- name: assign
-- audience_assignments, from the registered frame `incoming` (audience, customer_key, arm) of people without an arm.
insert into audience_assignments by name
select
    getvariable('store') as store,
    audience,
    customer_key,
    arm,
    getvariable('as_of')::date + 1 as assigned_on,
    getvariable('run_id')::varchar as run_id
from incoming
order by audience, customer_key;

-- name: days
-- The two newest days of which an audience was counted. Grain: one row per day, newest first.
select distinct as_of
from audience_counts
where store = getvariable('store') and audience = getvariable('audience')
order by as_of desc
limit 2;

-- name: changes
-- Who joined and who left after a day up to another one, and why. Grain: one row per change and reason.
select change, because, count(*) as people
from (
    select 'joined' as change, null::varchar as because, joined_on as changed_on
    from audience_history
    where store = getvariable('store') and audience = getvariable('audience')
    union all
    select 'left', left_because, left_on
    from audience_history
    where store = getvariable('store') and audience = getvariable('audience')
)
where changed_on > getvariable('after_on')::date and changed_on <= getvariable('as_of')::date
group by change, because
order by change, because;

-- name: arms
-- How many were assigned to each arm, and since when. Grain: one row per arm.
select arm, count(*) as people, min(assigned_on) as since_on
from audience_assignments
where store = getvariable('store') and audience = getvariable('audience')
group by arm
order by arm;

-- name: running
-- The audiences that hold people out, as last counted. Grain: one row per audience.
select distinct audience
from audience_counts
where store = getvariable('store') and outcome = 'held_out' and as_of = (
    select max(as_of)
    from audience_counts
    where store = getvariable('store')
)
order by audience;
