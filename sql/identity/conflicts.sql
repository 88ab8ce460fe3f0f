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

contact_uses as (
    select
        'customer_id' as kind, shared_ids.customer_id as value, contacts.rowid as contact_no
    from contacts
    inner join shared_ids on shared_ids.customer_id = id_key(contacts.customer_id)
    where contacts.store = getvariable('store') and contacts.source = 'import'
    union all
    select 'document', contacts.document, contacts.rowid
    from contacts
    inner join shared_documents on shared_documents.document = contacts.document
    where contacts.store = getvariable('store') and not contacts.is_corporate
    union all
    select 'email', contacts.email, contacts.rowid
    from contacts
    inner join shared_emails on shared_emails.email = contacts.email
    where contacts.store = getvariable('store')
),

order_uses as (
    select 'customer_id' as kind, shared_ids.customer_id as value, orders.rowid as order_no,
        orders.created_at
    from orders
    inner join shared_ids
        on shared_ids.customer_id = id_key(coalesce(orders.user_profile_id, orders.customer_id))
    where orders.store = getvariable('store') and orders.source = 'import'
    union all
    select 'document', orders.document, orders.rowid, orders.created_at
    from orders
    inner join shared_documents on shared_documents.document = orders.document
    where orders.store = getvariable('store') and not orders.is_corporate
    union all
    select 'email', orders.email, orders.rowid, orders.created_at
    from orders
    inner join shared_emails on shared_emails.email = orders.email
    where orders.store = getvariable('store')
),

shared_uses as (
    select contact_uses.kind, contact_uses.value, contact_groups.group_no, null as order_id,
        null as created_at
    from contact_uses
    inner join contact_groups on contact_groups.contact_no = contact_uses.contact_no
    union all
    select order_uses.kind, order_uses.value, order_groups.group_no, order_groups.order_id,
        order_uses.created_at
    from order_uses
    inner join order_groups on order_groups.order_no = order_uses.order_no
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
    select
        kind, value, null as owner_group, group_no, 'shared by too many' as reason, order_id,
        created_at
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
