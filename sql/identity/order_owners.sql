-- order_owners (temporary). Grain: one row per order of the store that carries an identifier, with the person
-- that owns each one by the contacts (a group_no, or null).
-- is_open: some identifier belongs to nobody yet, so that the order may lend or receive one (see match.sql). All
-- other orders are matched here, by the first rule that finds anybody.
create or replace temp table order_owners as
select
    identified.order_no,
    identified.order_id,
    identified.is_imported,
    identified.created_at,
    customer_id_owners.group_no as customer_id_group,
    document_owners.group_no as document_group,
    email_owners.group_no as email_group,
    (identified.customer_id is not null and customer_id_owners.group_no is null)
    or (identified.document is not null and document_owners.group_no is null)
    or (identified.email is not null and email_owners.group_no is null) as is_open
from identified_orders as identified
left join customer_id_owners on customer_id_owners.customer_id = identified.customer_id
left join document_owners on document_owners.document = identified.document
left join email_owners on email_owners.email = identified.email
where identified.customer_id is not null
    or identified.document is not null
    or identified.email is not null;

-- matched_orders (temporary). Grain: one row per open order that match.sql has matched; match_rule says by what.
create or replace temp table matched_orders (order_no bigint, group_no bigint, match_rule varchar);

-- settled_orders (temporary view). Grain: one row per order that is matched here; match_rule says by what.
create or replace temp view settled_orders as
select
    *,
    coalesce(customer_id_group, case when not is_imported then document_group end, email_group)
        as group_no,
    case
        when customer_id_group is not null and is_imported then 'customer_id'
        when customer_id_group is not null then 'profile'
        when document_group is not null and not is_imported then 'document'
        else 'email'
    end as match_rule
from order_owners
where not is_open and group_no is not null;

-- order_groups (temporary view). Grain: one row per order whose person is known.
create or replace temp view order_groups as
select order_no, order_id, group_no, match_rule, created_at
from settled_orders
union all
select matched_orders.order_no, order_owners.order_id, matched_orders.group_no,
    matched_orders.match_rule, order_owners.created_at
from matched_orders
inner join order_owners on order_owners.order_no = matched_orders.order_no and order_owners.is_open;

-- open_identifiers (temporary). Grain: one row per open order and identifier it carries; `turn` is the place of
-- the order among the open ones by (created_at, order_id).
create or replace temp table open_identifiers as
with open_orders as (
    select
        order_owners.*,
        identified.customer_id,
        identified.document,
        identified.email,
        row_number() over (order by order_owners.created_at, order_owners.order_id) as turn
    from order_owners
    inner join identified_orders as identified on identified.order_no = order_owners.order_no
    where order_owners.is_open
)

select order_no, turn, is_imported, 'customer_id' as kind, customer_id as value,
    customer_id_group as owner_group
from open_orders
where customer_id is not null
union all
select order_no, turn, is_imported, 'document' as kind, document as value,
    document_group as owner_group
from open_orders
where document is not null
union all
select order_no, turn, is_imported, 'email' as kind, email as value, email_group as owner_group
from open_orders
where email is not null;

-- open_owners (temporary). Grain: one row per identifier of an open order that has an owner; those that come with a
-- reason were lent or found by match.sql and new_people.sql, the others are the contacts'.
create or replace temp table open_owners as
select distinct kind, value, owner_group as group_no, null::varchar as reason
from open_identifiers
where owner_group is not null;

-- new_groups (temporary). Grain: one row per person whom no contact is about; label is kind:value.
create or replace temp table new_groups (group_no bigint, label varchar);
