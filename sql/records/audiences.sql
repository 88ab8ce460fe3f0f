-- name: profiles
-- reach (temporary view): phone (E.164) and amount of every profile of the store. A profile of an older version has neither.
create or replace temp view reach as
select customer_key, phone_e164 as phone, amount_lifetime as amount
from (
    from profiles
    union all by name
    select null::varchar as phone_e164, null::decimal(18, 2) as amount_lifetime
    where false
)
where store = getvariable('store');

-- name: no_profiles
-- The same before the first profiles.
create or replace temp view reach as
select null::bigint as customer_key, null::varchar as phone, null::decimal(18, 2) as amount
where false;

-- name: to_push
-- members_to_push (temporary). Grain: one row per person and name of an audience at the destination: the members of the
-- audiences that go there (the lists audience_keys, audience_names and audience_channels) whose yes still stands, and
-- whoever is there and is a member no longer (is_over), unless a member has the same address now. former are the addresses that the memo says somebody
-- was sent under and that no member has now.
create or replace temp table members_to_push as
with named as (
    select
        unnest(getvariable('audience_keys')::varchar[]) as audience,
        unnest(getvariable('audience_names')::varchar[]) as audience_name,
        unnest(getvariable('audience_channels')::varchar[]) as channel
),

members as (
    select
        history.customer_key,
        named.audience_name,
        max(history.joined_on) as changed_on,
        bool_or(named.channel <> 'email') as has_phone
    from audience_history as history
    inner join named on named.audience = history.audience
    inner join customers
        on customers.store = history.store and customers.customer_key = history.customer_key
    left join email_statements('consents', getvariable('store')) as statements
        on statements.customer_key = history.customer_key
    where history.store = getvariable('store')
        and history.left_on is null
        and customers.deleted_at is null
        and case named.channel
            when 'email' then
                email_consent(statements.has_no, statements.has_yes, customers.newsletter_opt_in)
            when 'sms' then customers.sms_opt_in
            when 'whatsapp' then customers.whatsapp_opt_in
            when 'ads' then customers.ads_opt_in
        end
    group by all
),

present as (
    select
        members.customer_key || ':' || members.audience_name as record_id,
        members.customer_key,
        members.audience_name,
        customers.customer_id,
        customers.email,
        case when members.has_phone then reach.phone end as phone,
        reach.amount,
        members.changed_on,
        false as is_over
    from members
    inner join customers
        on customers.store = getvariable('store') and customers.customer_key = members.customer_key
    left join reach on reach.customer_key = members.customer_key
),

held as (
    select audience_name, email as address from present where email is not null
    union
    select audience_name, phone as address from present where phone is not null
),

sent as (
    select
        there.record_id,
        split_part(there.record_id, ':', 1)::bigint as customer_key,
        substr(there.record_id, strpos(there.record_id, ':') + 1) as audience_name,
        coalesce(
            arg_max(intents.memo, intents.intended_at), any_value(records.memo)
        )::json as memo
    from there
    left join push_records as records
        on records.destination = getvariable('destination')
        and records.store = getvariable('store')
        and records.entity = 'audiences'
        and records.record_id = there.record_id
    left join push_intents as intents
        on intents.destination = getvariable('destination')
        and intents.store = getvariable('store')
        and intents.entity = 'audiences'
        and intents.record_id = there.record_id
    group by there.record_id
),

formers as (
    select known.record_id, list(distinct known.address order by known.address) as former
    from (
        select
            record_id,
            audience_name,
            unnest(list_concat(
                [memo ->> '$.email', memo ->> '$.phone'],
                coalesce((memo -> '$.former')::varchar[], [])
            )) as address
        from sent
    ) as known
    anti join held
        on held.audience_name = known.audience_name and held.address = known.address
    where known.address is not null
    group by known.record_id
),

gone as (
    select
        sent.record_id,
        sent.customer_key,
        sent.audience_name,
        customers.customer_id,
        coalesce(customers.email, sent.memo ->> '$.email') as email,
        sent.memo ->> '$.phone' as phone,
        null::decimal(18, 2) as amount,
        null::date as changed_on,
        true as is_over
    from sent
    left join customers
        on customers.store = getvariable('store') and customers.customer_key = sent.customer_key
    where sent.record_id not in (select record_id from present)
),

found as (
    from present
    union all
    select gone.* replace (
        case when of_email.address is null then gone.email end as email,
        case when of_phone.address is null then gone.phone end as phone
    )
    from gone
    left join held as of_email
        on of_email.audience_name = gone.audience_name and of_email.address = gone.email
    left join held as of_phone
        on of_phone.audience_name = gone.audience_name and of_phone.address = gone.phone
    where of_email.address is null or (gone.phone is not null and of_phone.address is null)
),

names as (
    select customer_key, list(audience_name order by audience_name) as audience_names
    from present
    group by customer_key
)

select
    found.*,
    coalesce(formers.former, []) as former,
    coalesce(names.audience_names, []) as audience_names
from found
left join formers on formers.record_id = found.record_id
left join names on names.customer_key = found.customer_key;

-- name: index
-- What a plan needs of members_to_push, those who left first. Grain: one row per record.
select
    record_id,
    md5(case when is_over then 'over' else coalesce(email, '') || '|' || coalesce(phone, '') end) as digest,
    email,
    changed_on::timestamp as happened_at,
    changed_on::timestamp as changed_at,
    is_over
from members_to_push
order by is_over desc, audience_name, customer_key;

-- name: rows
-- The whole records of the registered frame `asked` (record_id), with the addresses to take out. Grain: one row per record.
select
    members_to_push.record_id,
    audience_name,
    customer_key,
    customer_id,
    email,
    phone,
    amount,
    not is_over as is_member,
    changed_on,
    audience_names,
    list_filter(
        former, lambda address: address is distinct from email and address is distinct from phone
    ) as former
from members_to_push
inner join asked on asked.record_id = members_to_push.record_id;
