-- group_keys (temporary). Grain: one row per person; the customer_key that stays for ever.
-- A key known from earlier runs goes to one person, the strongest kind of link deciding (then the
-- older link); a person with several keeps the smallest and the others are merged into it.
create or replace temp table groups as
with evidence as (
    select contact_groups.group_id, contacts.created_at as seen_at
    from contact_groups
    inner join contacts_to_identify as contacts
        on contact_groups.contact = contacts.source || ':' || contacts.contact_id
    union all
    select order_groups.group_id, orders.created_at as seen_at
    from order_groups
    inner join orders_to_identify as orders on orders.order_id = order_groups.order_id
)

select group_id, min(seen_at) as first_seen_at
from evidence
group by group_id;

create or replace temp table won_keys as
select
    links.customer_key,
    arg_min(owners.group_id, (
        list_position(['contact', 'customer_id', 'document', 'email'], links.kind),
        links.linked_at, links.kind, links.value
    )) as group_id
from links_to_follow as links
inner join owners on owners.kind = links.kind and owners.value = links.value
group by links.customer_key;

create or replace temp table group_keys as
with kept as (
    select group_id, min(customer_key) as customer_key
    from won_keys
    group by group_id
),

highest as (
    select coalesce(max(customer_key), 0) as customer_key
    from (
        select max(customer_key) as customer_key from identity_links
        union all
        select max(merged_customer_key) as customer_key from customer_merges
        union all
        select max(customer_key) as customer_key from customers
        union all
        select max(customer_key) as customer_key from state.tombstones
    )
),

fresh as (
    select
        group_id,
        (select customer_key from highest)
        + row_number() over (order by first_seen_at nulls last, group_id) as customer_key
    from groups
    where group_id not in (select group_id from kept)
)

select groups.group_id, coalesce(kept.customer_key, fresh.customer_key) as customer_key,
    groups.first_seen_at
from groups
left join kept on kept.group_id = groups.group_id
left join fresh on fresh.group_id = groups.group_id;
