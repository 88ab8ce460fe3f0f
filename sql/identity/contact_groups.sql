-- contact_groups (temporary). Grain: one row per contact; group_id names the person.
-- Contacts with the same real e-mail or the same customer_id are one person, through any chain of
-- both; a contact with neither is a person of its own. Nearly always an e-mail has one customer_id and
-- the other way round, and the customer_id names the person. Where they are tangled, labels spread from hub
-- to hub until the smallest of each connected set is everywhere.
create or replace temp table contact_groups as
with recursive nodes as (
    select
        source || ':' || contact_id as contact,
        'email:' || email as email_hub,
        'customer_id:' || lower(customer_id) as customer_id_hub
    from contacts_to_identify
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
)

select
    nodes.contact,
    coalesce(
        labels.label,
        nodes.customer_id_hub,
        partners.customer_id_hub,
        nodes.email_hub,
        'contact:' || nodes.contact
    ) as group_id
from nodes
left join labels on labels.hub = coalesce(nodes.customer_id_hub, nodes.email_hub)
left join counted_pairs as partners
    on partners.is_alone
    and partners.email_hub = nodes.email_hub
    and nodes.customer_id_hub is null;
