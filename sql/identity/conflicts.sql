-- identity_conflicts. Grain: one row per identifier and person who uses it though somebody else owns
-- it, or nobody can, because too many share it. Recorded, never merged: customer_key owns it (null: nobody),
-- other_customer_key used it.
delete from identity_conflicts where store = getvariable('store');

insert into identity_conflicts
with uses as (
    select order_no, 'customer_id' as kind, customer_id_group as owner_group, group_no, match_rule
    from settled_orders
    where customer_id_group <> group_no
    union all
    select order_no, 'document' as kind, document_group as owner_group, group_no, match_rule
    from settled_orders
    where document_group <> group_no
    union all
    select order_no, 'email' as kind, email_group as owner_group, group_no, match_rule
    from settled_orders
    where email_group <> group_no
    union all
    select used.order_no, used.kind, open_owners.group_no, matched_orders.group_no,
        matched_orders.match_rule
    from open_identifiers as used
    inner join open_owners on open_owners.kind = used.kind and open_owners.value = used.value
    inner join matched_orders on matched_orders.order_no = used.order_no
    where open_owners.group_no <> matched_orders.group_no
),

shared as (
    select 'customer_id' as kind, customer_id as value from shared_ids
    union all
    select 'document', document from shared_documents
    union all
    select 'email', email from shared_emails
),

carried as (
    select
        id_key(contacts.customer_id) as customer_id,
        contacts.document,
        contacts.email,
        contact_groups.group_no,
        null as order_id,
        null as created_at
    from contacts
    inner join contact_groups on contact_groups.contact_no = contacts.rowid
    where contacts.email in (from shared_emails)
        or contacts.document in (from shared_documents)
        or id_key(contacts.customer_id) in (from shared_ids)
    union all
    select
        id_key(coalesce(orders.user_profile_id, orders.customer_id)) as customer_id,
        orders.document,
        orders.email,
        order_groups.group_no,
        orders.order_id,
        orders.created_at
    from orders
    inner join order_groups on order_groups.order_no = orders.rowid
    where orders.email in (from shared_emails)
        or orders.document in (from shared_documents)
        or id_key(coalesce(orders.user_profile_id, orders.customer_id)) in (from shared_ids)
),

shared_uses as (
    select shared.kind, shared.value, 'shared by too many' as reason, group_no, order_id, created_at
    from carried
    inner join shared
        on shared.value = case shared.kind
            when 'customer_id' then carried.customer_id
            when 'document' then carried.document
            else carried.email
        end
),

valued as (
    select
        uses.kind,
        case uses.kind
            when 'customer_id' then id_key(coalesce(orders.user_profile_id, orders.customer_id))
            when 'document' then orders.document
            else orders.email
        end as value,
        uses.owner_group,
        uses.group_no,
        uses.match_rule as reason,
        orders.order_id,
        orders.created_at
    from uses
    inner join orders on orders.rowid = uses.order_no
    union all
    select
        'document' as kind,
        contact_documents.document as value,
        document_owners.group_no as owner_group,
        contact_documents.group_no,
        'contact' as reason,
        null as order_id,
        null as created_at
    from contact_documents
    inner join document_owners on document_owners.document = contact_documents.document
    where document_owners.group_no <> contact_documents.group_no
    union all
    select kind, value, null as owner_group, group_no, reason, order_id, created_at
    from shared_uses
)

select
    getvariable('store') as store,
    valued.kind,
    valued.value,
    owner_keys.customer_key,
    user_keys.customer_key as other_customer_key,
    string_agg(distinct valued.reason, ', ' order by valued.reason) as reason,
    count(valued.order_id) as order_count,
    arg_min(valued.order_id, (valued.created_at, valued.order_id)) as first_order_id
from valued
left join group_keys as owner_keys on owner_keys.group_no = valued.owner_group
inner join group_keys as user_keys on user_keys.group_no = valued.group_no
group by valued.kind, valued.value, owner_keys.customer_key, user_keys.customer_key;
