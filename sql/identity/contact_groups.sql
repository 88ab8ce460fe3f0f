-- contact_groups (temporary). Grain: one row per contact of the store; group_no names the person: the smallest
-- contact_no (rowid of contacts) in the group. Contacts with the same real e-mail or the same customer_id are one
-- person, through any chain of both. Nearly all share neither with anybody and are a person of their own.
-- tangled_groups (temporary). Grain: one row per contact that shares one; label is the smallest identifier of its
-- person, spread from identifier to identifier until it is everywhere.
create or replace temp table tangled_groups as
with recursive common_emails as (
    select email
    from identified_contacts
    where email is not null
    group by email
    having count(*) > 1
),

common_ids as (
    select customer_id
    from identified_contacts
    where customer_id is not null
    group by customer_id
    having count(*) > 1
),

nodes as (
    select
        contact_no,
        'email:' || email as email_hub,
        'customer_id:' || customer_id as customer_id_hub
    from identified_contacts
    where email in (from common_emails) or customer_id in (from common_ids)
),

pairs as (
    select distinct email_hub, customer_id_hub
    from nodes
    where email_hub is not null and customer_id_hub is not null
),

counted_pairs as (
    select
        *,
        count(*) over (partition by email_hub) = 1
        and count(*) over (partition by customer_id_hub) = 1 as is_alone
    from pairs
),

edges as (
    select email_hub as from_hub, customer_id_hub as to_hub
    from counted_pairs
    where not is_alone
    union all
    select customer_id_hub as from_hub, email_hub as to_hub
    from counted_pairs
    where not is_alone
),

labels (hub, label) using key (hub) as (
    select from_hub, from_hub
    from edges
    group by from_hub
    union
    select edges.to_hub, min(labels.label)
    from labels
    inner join edges on edges.from_hub = labels.hub
    inner join recurring.labels as known on known.hub = edges.to_hub
    where labels.label < known.label
    group by edges.to_hub
),

labeled as (
    select
        nodes.contact_no,
        coalesce(
            labels.label, nodes.customer_id_hub, partners.customer_id_hub, nodes.email_hub
        ) as label
    from nodes
    left join labels on labels.hub = coalesce(nodes.customer_id_hub, nodes.email_hub)
    left join counted_pairs as partners
        on partners.is_alone
        and partners.email_hub = nodes.email_hub
        and nodes.customer_id_hub is null
)

select contact_no, label, min(contact_no) over (partition by label) as group_no
from labeled;

create or replace temp table contact_groups as
select
    contacts.contact_no,
    coalesce(tangled_groups.group_no, contacts.contact_no) as group_no
from identified_contacts as contacts
left join tangled_groups on tangled_groups.contact_no = contacts.contact_no;
