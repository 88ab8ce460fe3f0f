-- group_keys (temporary). Grain: one row per person; the customer_key that stays for ever.
-- A key known from earlier runs goes to one person, the one with the oldest link (of equally old ones the strongest
-- kind, then who was seen first); a person with several keeps the smallest and the others are merged into it.
create or replace temp table groups as
with evidence as (
    select contact_groups.group_no, contacts.created_at as seen_at
    from contact_groups
    inner join contacts on contacts.rowid = contact_groups.contact_no
    union all
    select group_no, created_at as seen_at
    from order_groups
)

select group_no, min(seen_at) as first_seen_at
from evidence
group by group_no;

-- Every identifier somebody owns. Grain: one row per identifier.
create or replace temp view owners as
select 'contact' as kind, contacts.source || ':' || contacts.contact_id as value,
    contact_groups.group_no, 'contact' as reason
from contact_groups
inner join contacts on contacts.rowid = contact_groups.contact_no
union all
select 'customer_id', customer_id, group_no, 'contact' from customer_id_owners
union all
select 'document', document, group_no, 'contact' from document_owners
union all
select 'email', email, group_no, 'contact' from email_owners
union all
select kind, value, group_no, reason from open_owners where reason is not null;

-- Grain: one row per identifier that somebody owns, with its link of an earlier run; link_no and customer_key are null
-- where it is linked for the first time.
create or replace temp table owned_links as
select
    links.rowid as link_no, links.customer_key, owners.group_no, owners.kind, owners.value, owners.reason
from owners
left join identity_links as links
    on links.store = getvariable('store') and links.kind = owners.kind and links.value = owners.value;

create or replace temp view followed_links as
select link_no, customer_key, group_no
from owned_links
where link_no is not null;

create or replace temp table followed_keys as
select customer_key, min(group_no) as group_no, max(group_no) as other_group_no
from followed_links
group by customer_key;

create or replace temp table won_keys as
select customer_key, group_no
from followed_keys
where group_no = other_group_no
union all
select
    followed_links.customer_key,
    arg_min(followed_links.group_no, (
        links.linked_at,
        list_position(['contact', 'customer_id', 'document', 'email'], links.kind),
        coalesce(groups.first_seen_at, 'infinity'::timestamp), links.kind, links.value
    )) as group_no
from followed_links
inner join identity_links as links on links.rowid = followed_links.link_no
inner join groups on groups.group_no = followed_links.group_no
where followed_links.customer_key in (
    select customer_key from followed_keys where group_no <> other_group_no
)
group by followed_links.customer_key;

-- new_keys (temporary). Grain: one row per person without a key of an earlier run, numbered as they were first seen; of
-- one moment, by the name of the person.
create or replace temp table kept_keys as
select group_no, min(customer_key) as customer_key
from won_keys
group by group_no;

create or replace temp table new_keys as
with named as (
    select
        groups.group_no,
        groups.first_seen_at,
        coalesce(
            new_groups.label,
            tangled_groups.label,
            'customer_id:' || contacts.customer_id,
            'email:' || contacts.email,
            'contact:' || contacts.source || ':' || contacts.contact_id
        ) as label
    from groups
    left join kept_keys on kept_keys.group_no = groups.group_no
    left join new_groups on new_groups.group_no = groups.group_no
    left join tangled_groups on tangled_groups.contact_no = groups.group_no
    left join identified_contacts as contacts on contacts.contact_no = groups.group_no
    where kept_keys.group_no is null
)

select
    group_no,
    (select customer_key from highest_key)
    + row_number() over (order by first_seen_at nulls last, label) as customer_key,
    first_seen_at,
    label
from named;

create or replace temp table group_keys as
select
    groups.group_no,
    coalesce(kept_keys.customer_key, new_keys.customer_key) as customer_key,
    groups.first_seen_at
from groups
left join kept_keys on kept_keys.group_no = groups.group_no
left join new_keys on new_keys.group_no = groups.group_no;
