-- name: whole
-- orders, order_items, order_refunds, order_promo_codes, contacts and contact_deletions (temporary views) over the staged
-- rows of many files. Grain: as the tables of these names. Of what is in several files the last one counts.
create or replace temp table repeated_orders as
with hashed as (
    select hash(order_id) as order_hash
    from staged_orders
    group by order_hash
    having min(file_no) <> max(file_no)
)

select order_id, max(file_no) as file_no
from staged_orders
where hash(order_id) in (from hashed)
group by order_id;

create or replace temp table repeated_items as
with hashed as (
    select hash(order_id) as order_hash
    from staged_order_items
    group by order_hash
    having min(file_no) <> max(file_no)
)

select order_id, max(file_no) as file_no
from staged_order_items
where hash(order_id) in (from hashed)
group by order_id;

create or replace temp table repeated_contacts as
with hashed as (
    select hash(contact_id) as contact_hash
    from staged_contacts
    group by contact_hash
    having min(file_no) <> max(file_no)
)

select source, contact_id, max(file_no) as file_no
from staged_contacts
where hash(contact_id) in (from hashed)
group by source, contact_id;

create or replace temp view orders as
select staged.* exclude (file_no)
from staged_orders as staged
left join repeated_orders as last on last.order_id = staged.order_id
where last.file_no is null or last.file_no = staged.file_no;

create or replace temp view order_items as
select staged.* exclude (file_no)
from staged_order_items as staged
left join repeated_items as last on last.order_id = staged.order_id
where last.file_no is null or last.file_no = staged.file_no;

create or replace temp view order_refunds as
select staged.* exclude (file_no)
from staged_order_refunds as staged
left join repeated_orders as last
    on last.order_id = case when staged.source = 'import' then staged.receipt else staged.order_id end
where last.file_no is null or last.file_no = staged.file_no;

create or replace temp view order_promo_codes as
select staged.* exclude (file_no)
from staged_order_promo_codes as staged
left join repeated_orders as last on last.order_id = staged.order_id
where last.file_no is null or last.file_no = staged.file_no;

create or replace temp view contacts as
select staged.* exclude (file_no)
from staged_contacts as staged
left join repeated_contacts as last
    on last.source = staged.source and last.contact_id = staged.contact_id
where last.file_no is null or last.file_no = staged.file_no;

create or replace temp view contact_deletions as
select * exclude (file_no) from staged_contact_deletions;

-- name: nodes
-- lake_orders, lake_contacts and lake_links (temporary views). Grain: one row per order, contact and link of an earlier run.
-- `nodes` are what ties it to others, as hashes: the identifiers of its person, the cart it is a part of, the order that a
-- refund names. What too many share is taken out of the rows: no bucket alone could see that it is shared.
create or replace temp table named_orders as
select distinct refund_of as order_id from orders where refund_of is not null
union
select distinct order_id from order_refunds where source = 'import';

create or replace temp table split_carts as
select order_group
from orders
where order_group is not null
group by order_group
having count(*) > 1;

create or replace temp view lake_orders as
with own as (
    select
        * replace (
            case
                when source <> 'import'
                    or coalesce(id_key(coalesce(user_profile_id, customer_id)) not in (from shared_ids), true)
                    then customer_id
            end as customer_id,
            case when is_corporate or document not in (from shared_documents) then document end
                as document,
            case when email not in (from shared_emails) then email end as email
        )
    from orders
)

select
    *,
    list_filter(
        [
            case when order_id in (from named_orders) then hash('order', order_id) end,
            case when refund_of is not null then hash('order', refund_of) end,
            case when order_group in (from split_carts) then hash('cart', order_group) end
        ]
        || case
            when is_marketplace_order(origin, affiliate_id) then []
            else [
                case when coalesce(user_profile_id, customer_id) is not null
                    then hash('customer_id', id_key(coalesce(user_profile_id, customer_id)))
                end,
                case when document is not null and not is_corporate then hash('document', document) end,
                case when email is not null then hash('email', email) end
            ]
        end,
        lambda node: node is not null
    ) as nodes
from own;

create or replace temp view lake_contacts as
with own as (
    select
        * replace (
            case
                when source <> 'import' or coalesce(id_key(customer_id) not in (from shared_ids), true)
                    then customer_id
            end as customer_id,
            case when is_corporate or document not in (from shared_documents) then document end
                as document,
            case when email not in (from shared_emails) then email end as email
        )
    from contacts
)

select
    *,
    list_filter(
        [
            case when exists (from known_identity_links) then hash('contact', source || ':' || contact_id) end,
            case when customer_id is not null then hash('customer_id', id_key(customer_id)) end,
            case when document is not null and not is_corporate then hash('document', document) end,
            case when email is not null then hash('email', email) end
        ],
        lambda node: node is not null
    ) as nodes
from own;

create or replace temp view lake_links as
select *, [hash('key', customer_key), hash(kind, value)] as nodes
from known_identity_links
where not (
    (kind = 'email' and value in (from shared_emails))
    or (kind = 'document' and value in (from shared_documents))
);

-- name: pairs
-- pairs (temporary). Grain: one row per two nodes that some row ties together. tangled_nodes (temporary). Grain: one row per
-- node in several pairs; most pairs have none, and are a component by themselves.
create or replace temp table pairs as
with tied as (
    select nodes from lake_orders where len(nodes) > 1
    union all
    select nodes from lake_contacts where len(nodes) > 1
    union all
    select nodes from lake_links
)

select distinct nodes[1] as a, unnest(nodes[2:]) as b
from tied;

create or replace temp table tangled_nodes as
select node
from (select a as node from pairs union all select b from pairs)
group by node
having count(*) > 1;

-- name: tangled
-- The pairs that hang together with others. Grain: one row per pair.
select a, b
from pairs
where a in (from tangled_nodes) or b in (from tangled_nodes);

-- name: labels
-- labels (temporary). Grain: one row per node in a pair; label is the smallest node of its component.
create or replace temp table labels as
select unnest([a, b]) as node, least(a, b) as label
from pairs
where a not in (from tangled_nodes) and b not in (from tangled_nodes)
union all
select node, label from incoming;

-- name: chunks
-- Staged files in their order, as many together as have a row for 256 bytes of the memory limit, the last one whole: what rows
-- are joined with then fits, and no wide row waits on disk for it. Grain: one row per chunk.
select list(file_name order by file_name) as files
from (
    select
        file_name,
        (sum(num_rows) over (order by file_name) - num_rows)
        // greatest(parse_formatted_bytes(current_setting('memory_limit')) // 256, 1) as chunk
    from parquet_file_metadata(getvariable('files'))
)
group by chunk
order by chunk;

-- name: near_orders
-- near (temporary), before each placing in chunks: the rows of labels or order_places that the chunk needs.
-- Grain: as labels or order_places.
create or replace temp table near as
from labels where node in (select nodes[1] from lake_orders);

-- name: near_contacts
-- As near_orders. Grain: as labels.
create or replace temp table near as
from labels where node in (select nodes[1] from lake_contacts);

-- name: near_order_items
-- As near_orders. Grain: as order_places.
create or replace temp table near as
from order_places where order_hash in (select hash(order_id) from order_items);

-- name: near_order_refunds
-- As near_orders. Grain: as order_places.
create or replace temp table near as
from order_places
where order_hash in (select hash(case when source = 'import' then receipt else order_id end) from order_refunds);

-- name: near_order_promo_codes
-- As near_orders. Grain: as order_places.
create or replace temp table near as
from order_places where order_hash in (select hash(order_id) from order_promo_codes);

-- name: placed_orders
-- Orders with the bucket of their component. Grain: one row per order.
select
    lake_orders.* exclude (nodes),
    (coalesce(near.label, nodes[1], hash(order_id)) % getvariable('buckets')::ubigint)::integer as bucket
from lake_orders
left join near on near.node = lake_orders.nodes[1];

-- name: placed_contacts
-- Contacts with the bucket of their component. Grain: one row per contact.
select
    lake_contacts.* exclude (nodes),
    (coalesce(near.label, nodes[1], hash(contact_id)) % getvariable('buckets')::ubigint)::integer
        as bucket
from lake_contacts
left join near on near.node = lake_contacts.nodes[1];

-- name: placed_identity_links
-- Links of earlier runs with the bucket of their component. Grain: one row per identifier.
select
    lake_links.* exclude (nodes),
    (coalesce(labels.label, nodes[1]) % getvariable('buckets')::ubigint)::integer as bucket
from lake_links
left join labels on labels.node = lake_links.nodes[1];

-- name: placed_segment_history
-- What customers were, beside their links. Grain: one row per customer and stretch of days.
select
    history.*,
    (coalesce(labels.label, hash('key', customer_key)) % getvariable('buckets')::ubigint)::integer
        as bucket
from known_segment_history as history
left join labels on labels.node = hash('key', customer_key);

-- name: places
-- order_places and contact_places (temporary). Grain: one row per hash of an id and bucket, from the written orders and
-- contacts. Two ids of one hash cost a row without its order, which nothing reads.
create or replace temp table order_places as
select hash(order_id) as order_hash, bucket::integer as bucket from written_orders group by all;

create or replace temp table contact_places as
select hash(source, contact_id) as contact_hash, bucket::integer as bucket
from written_contacts
where (select count(*) from contact_deletions) > 0
group by all;

-- earliest_codes (temporary). Grain: one row per promo code that is spelled in several ways: as on the earliest order.
create or replace temp table earliest_codes as
with spelled as (
    select promo_code_key
    from order_promo_codes
    group by promo_code_key
    having min(promo_code) is distinct from max(promo_code)
)

select codes.promo_code_key, arg_min(codes.promo_code, (sold.created_at, sold.order_id)) as promo_code
from order_promo_codes as codes
inner join written_orders as sold on sold.order_id = codes.order_id
where codes.promo_code_key in (from spelled)
group by codes.promo_code_key;

-- name: placed_order_items
-- Order lines beside their orders. Grain: one row per line.
select order_items.*, near.bucket
from order_items
inner join near on near.order_hash = hash(order_items.order_id);

-- name: placed_order_refunds
-- Refunds beside the order that holds them. Grain: one row per receipt.
select order_refunds.*, near.bucket
from order_refunds
inner join near
    on near.order_hash
        = hash(case when source = 'import' then order_refunds.receipt else order_refunds.order_id end);

-- name: placed_order_promo_codes
-- Promo codes beside their orders, spelled as the whole store does. Grain: one row per order and code.
select
    codes.* replace (coalesce(earliest_codes.promo_code, codes.promo_code) as promo_code),
    near.bucket
from order_promo_codes as codes
inner join near on near.order_hash = hash(codes.order_id)
left join earliest_codes on earliest_codes.promo_code_key = codes.promo_code_key;

-- name: placed_contact_deletions
-- Deletions beside their contacts. Grain: one row per contact that its source deleted.
select contact_deletions.*, contact_places.bucket
from contact_deletions
inner join contact_places
    on contact_places.contact_hash = hash(contact_deletions.source, contact_deletions.contact_id);

-- name: currency
-- The most frequent currency. Grain: one row, null without any.
select coalesce(getvariable('currency')::varchar, (
    select currency
    from written_orders
    where currency is not null
    group by currency
    order by count(*) desc, currency
    limit 1
)) as currency;

-- name: findings
-- What no bucket can see of all of them. Grain: one row per finding and detail, as in resolve_report.
with found as (
    select 'shared_identifiers' as finding, 'email' as detail, count(*) as row_count, 0 as amount_cents
    from shared_emails
    union all
    select 'shared_identifiers', 'customer_id', count(*), 0 from shared_ids
    union all
    select 'shared_identifiers', 'document', count(*), 0 from shared_documents
)

from found
where row_count > 0;

-- name: sizes
-- Orders by bucket. Grain: one row per bucket with orders.
select bucket::integer as bucket, count(*) as order_count
from written_orders
group by bucket
order by bucket;

-- name: largest
-- The most orders that hang together through their identifiers. Grain: one row.
select coalesce(max(order_count), 0) as order_count
from (
    select count(*) as order_count
    from lake_orders
    inner join labels on labels.node = lake_orders.nodes[1]
    group by labels.label
);

-- name: numbered_keys
-- The key of everybody whom no earlier run knows, by the local one of the bucket: numbered as a warehouse numbers them.
-- Grain: one row per such person.
select
    bucket,
    customer_key as local_key,
    getvariable('highest_key')::bigint + row_number() over (order by first_seen_at nulls last, label)
        as customer_key
from new_keys;

-- name: unknown
-- What a warehouse knows and a lake does not: rows would be lost, or people come back, if it were taken in. Grain: one row per
-- reason, with a count. Of a lake made of this warehouse the rows of sources stay; any other one takes their place, and its salt
-- that of all control buckets. A person of either is known by the same key, or was merged into somebody older.
select 'records of forgotten people may be in the lake' as reason, count(*) as row_count
from state.tombstones
where store = getvariable('store')
    and (not getvariable('is_own') or forgotten_at > getvariable('built_at')::timestamptz::timestamp)
union all
select 'orders are not in the lake', count(*)
from orders
where not getvariable('is_own') and store = getvariable('store')
    and (source <> 'import' or order_id not in (select order_id from theirs_orders))
union all
select 'contacts are not in the lake', count(*)
from contacts
where not getvariable('is_own') and store = getvariable('store')
    and (source <> 'import' or contact_id not in (select contact_id from theirs_contacts))
union all
select 'people are not in the lake, or have other keys there', count(*)
from (
    select ours.customer_key
    from identity_links as ours
    left join theirs_links as theirs on theirs.kind = ours.kind and theirs.value = ours.value
    where ours.store = getvariable('store')
    group by ours.customer_key
    having not coalesce(bool_or(
        theirs.customer_key = ours.customer_key
        or (theirs.customer_key < ours.customer_key
            and ours.customer_key not in (select customer_key from theirs_links))
    ), false)
)
union all
select 'people are merged here and not in the lake', count(distinct merged_customer_key)
from customer_merges
where store = getvariable('store') and merged_customer_key in (select customer_key from theirs_links)
union all
select 'profiles would change their control buckets', count(*)
from profile_runs
where not getvariable('is_own') and (select salt from their_salt) not in (from state.control_salt);

-- name: merges
-- customer_merges, with the keys that the lake gave up, as identity/links has it. Grain: one row per key given up.
insert into customer_merges by name
select
    ours.store,
    arg_min(theirs.customer_key, (
        ours.linked_at, list_position(['contact', 'customer_id', 'document', 'email'], ours.kind), ours.value
    )) as customer_key,
    ours.customer_key as merged_customer_key,
    getvariable('now')::timestamp as merged_at,
    'identifiers of both belong to one person' as reason
from identity_links as ours
inner join theirs_links as theirs on theirs.kind = ours.kind and theirs.value = ours.value
where ours.store = getvariable('store')
    and theirs.customer_key < ours.customer_key
    and ours.customer_key not in (select customer_key from theirs_links)
group by ours.store, ours.customer_key;

-- name: unresolved
-- The next resolve of the store begins from its orders, not from what is there, whose findings come from elsewhere.
delete from state.resolved where store = getvariable('store');

delete from resolve_report where store = getvariable('store');
