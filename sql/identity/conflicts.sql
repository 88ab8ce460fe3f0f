-- identity_conflicts. Grain: one row per identifier and person who uses it though somebody else owns
-- it. Recorded, never merged: customer_key owns it, other_customer_key used it.
insert into identity_conflicts
with uses as (
    select
        used.kind,
        used.value,
        order_groups.group_id,
        order_groups.rung as reason,
        used.order_id,
        used.created_at
    from order_identifiers as used
    inner join order_groups on order_groups.order_id = used.order_id
    union all
    select
        'document' as kind,
        value,
        group_id,
        'contact' as reason,
        null as order_id,
        null as created_at
    from contact_documents
)

select
    getvariable('store') as store,
    uses.kind,
    uses.value,
    owner_keys.customer_key,
    user_keys.customer_key as other_customer_key,
    string_agg(distinct uses.reason, ', ' order by uses.reason) as reason,
    count(uses.order_id) as order_count,
    arg_min(uses.order_id, (uses.created_at, uses.order_id)) as first_order_id
from uses
inner join owners on owners.kind = uses.kind and owners.value = uses.value
inner join group_keys as owner_keys on owner_keys.group_id = owners.group_id
inner join group_keys as user_keys on user_keys.group_id = uses.group_id
where owners.group_id <> uses.group_id
group by uses.kind, uses.value, owner_keys.customer_key, user_keys.customer_key;
