-- identity_links, customer_merges and customer_splits brought up to date, order_customers replaced. Grain: one row per
-- identifier, one per key given up, one per person who got a key of their own, one per order whose person is known. Links
-- of identifiers no longer seen stay, so a person who comes back is found again; those of identifiers that too many
-- share go, for they lead to nobody.
create or replace temp table new_merges as
select group_keys.customer_key, won_keys.customer_key as merged_customer_key
from won_keys
inner join group_keys on group_keys.group_no = won_keys.group_no
where won_keys.customer_key <> group_keys.customer_key;

-- Grain: one row per person who follows the key of somebody else and has a new one.
create or replace temp table new_splits as
select min(followed_links.customer_key) as customer_key, group_keys.customer_key as new_customer_key
from followed_links
inner join followed_keys on followed_keys.customer_key = followed_links.customer_key
inner join group_keys on group_keys.group_no = followed_links.group_no
where followed_keys.group_no <> followed_keys.other_group_no
    and followed_links.group_no not in (select group_no from won_keys)
group by group_keys.customer_key;

-- Grain: one row per link whose identifier has another owner now.
create or replace temp table moved_links as
select owned_links.link_no, owned_links.reason, group_keys.customer_key
from owned_links
inner join group_keys on group_keys.group_no = owned_links.group_no
left join new_merges on new_merges.merged_customer_key = owned_links.customer_key
where owned_links.link_no is not null
    and coalesce(new_merges.customer_key, owned_links.customer_key) <> group_keys.customer_key;

insert into customer_merges
select
    getvariable('store'),
    customer_key,
    merged_customer_key,
    getvariable('now')::timestamp,
    'identifiers of both belong to one person'
from new_merges;

insert into customer_splits by name
select
    getvariable('store') as store,
    customer_key,
    new_customer_key,
    getvariable('now')::timestamp as split_at
from new_splits;

delete from identity_links
where store = getvariable('store')
    and (
        (kind = 'email' and value in (from shared_emails))
        or (kind = 'customer_id' and value in (from shared_ids)
            and value not in (select customer_id from customer_id_owners))
        or (kind = 'document' and value in (from shared_documents))
    );

update identity_links
set customer_key = new_merges.customer_key
from new_merges
where identity_links.store = getvariable('store')
    and identity_links.customer_key = new_merges.merged_customer_key;

update identity_links
set
    customer_key = moved_links.customer_key,
    reason = moved_links.reason,
    linked_at = getvariable('now')::timestamp
from moved_links
where identity_links.rowid = moved_links.link_no;

insert into identity_links
select
    getvariable('store'), owned_links.kind, owned_links.value, group_keys.customer_key, owned_links.reason,
    getvariable('now')::timestamp
from owned_links
inner join group_keys on group_keys.group_no = owned_links.group_no
where owned_links.link_no is null;

delete from order_customers where store = getvariable('store');

insert into order_customers
select getvariable('store'), order_groups.order_id, group_keys.customer_key, order_groups.match_rule
from order_groups
inner join group_keys on group_keys.group_no = order_groups.group_no;

drop view followed_links;

drop table owned_links;
