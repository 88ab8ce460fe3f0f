-- identity_links and customer_merges brought up to date. Grain: one row per identifier, one per key
-- given up. Links of identifiers no longer seen stay, so a person who comes back is found again.
create or replace temp table new_merges as
select group_keys.customer_key, won_keys.customer_key as merged_customer_key
from won_keys
inner join group_keys on group_keys.group_id = won_keys.group_id
where won_keys.customer_key <> group_keys.customer_key;

insert into customer_merges
select
    getvariable('store'),
    customer_key,
    merged_customer_key,
    getvariable('now')::timestamp,
    'identifiers of both belong to one person'
from new_merges;

update identity_links
set customer_key = new_merges.customer_key
from new_merges
where identity_links.store = getvariable('store')
    and identity_links.customer_key = new_merges.merged_customer_key;

merge into identity_links
using (
    select owners.kind, owners.value, owners.reason, group_keys.customer_key
    from owners
    inner join group_keys on group_keys.group_id = owners.group_id
) as owned
    on identity_links.store = getvariable('store')
    and identity_links.kind = owned.kind
    and identity_links.value = owned.value
when matched and identity_links.customer_key <> owned.customer_key then update set
    customer_key = owned.customer_key,
    reason = owned.reason,
    linked_at = getvariable('now')::timestamp
when not matched then insert values (
    getvariable('store'), owned.kind, owned.value, owned.customer_key, owned.reason,
    getvariable('now')::timestamp
);

insert into order_customers
select getvariable('store'), order_groups.order_id, group_keys.customer_key, order_groups.rung
from order_groups
inner join group_keys on group_keys.group_id = order_groups.group_id;
