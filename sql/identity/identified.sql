-- identified_contacts and identified_orders (temporary views). Grain: one row per contact, or order, of the store, with
-- what identifies its person: ids as keys, nothing that too many share, no document of a company. Orders of
-- external marketplaces carry invented people, so they are left out.
create or replace temp view identified_contacts as
select
    * exclude (customer_id, document, email),
    rowid as contact_no,
    customer_id as given_id,
    case
        when source <> 'import' or id_key(customer_id) not in (from shared_ids)
            then id_key(customer_id)
    end as customer_id,
    case when not is_corporate and document not in (from shared_documents) then document end
        as document,
    case when email not in (from shared_emails) then email end as email
from contacts
where store = getvariable('store');

create or replace temp view identified_orders as
select
    rowid as order_no,
    order_id,
    source = 'import' as is_imported,
    created_at,
    case
        when source <> 'import'
            or id_key(coalesce(user_profile_id, customer_id)) not in (from shared_ids)
            then id_key(coalesce(user_profile_id, customer_id))
    end as customer_id,
    case when not is_corporate and document not in (from shared_documents) then document end
        as document,
    case when email not in (from shared_emails) then email end as email
from orders
where store = getvariable('store') and not is_marketplace_order(origin, affiliate_id);
