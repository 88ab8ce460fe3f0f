-- order_identifiers (temporary). Grain: one row per order of orders_to_identify and identifier it carries.
-- Orders of external marketplaces carry invented people, so they carry no identifier; a document of a
-- company or a shared one is none either. Phones never are.
create or replace temp table order_identifiers as
with people as (
    select
        order_id,
        source,
        created_at,
        lower(coalesce(user_profile_id, customer_id)) as customer_id,
        case when not is_corporate then document end as document,
        email
    from orders_to_identify
    where not is_marketplace_order(origin, affiliate_id)
)

select order_id, source, created_at, 'customer_id' as kind, customer_id as value
from people
where customer_id is not null
union all
select order_id, source, created_at, 'document' as kind, document as value
from people
where document is not null and document not in (select document from shared_documents)
union all
select order_id, source, created_at, 'email' as kind, email as value
from people
where email is not null;

create or replace temp table order_groups (order_id varchar, group_id varchar, rung varchar);
