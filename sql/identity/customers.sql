-- customers. Grain: one row per person. Each attribute is the newest contact's that is not null, else
-- the newest order's; an order's id, e-mail or document only when this person owns it, so that no two
-- customers show the same one. A contact that its source deleted comes after all others; deleted_at is
-- set when that is true of every contact, and the person has bought nothing since.
insert into customers by name
with contact_facts as (
    select
        contact_groups.group_id,
        contacts.*,
        deletions.deleted_at,
        (
            deletions.deleted_at is null,
            coalesce(
                contacts.last_interaction_at, contacts.updated_at, contacts.created_at,
                '-infinity'::timestamp
            ),
            contact_groups.contact
        ) as recency
    from contacts_to_identify as contacts
    inner join contact_groups
        on contact_groups.contact = contacts.source || ':' || contacts.contact_id
    left join contact_deletions as deletions
        on deletions.store = contacts.store
        and deletions.source = contacts.source
        and deletions.contact_id = contacts.contact_id
),

of_contacts as (
    select
        group_id,
        arg_max(customer_id, recency) filter (customer_id is not null) as customer_id,
        arg_max(email, recency) filter (email is not null) as email,
        arg_max(first_name, recency) filter (first_name is not null) as first_name,
        arg_max(last_name, recency) filter (last_name is not null) as last_name,
        arg_max(phone, recency) filter (phone is not null) as phone,
        arg_max(birth_date, recency) filter (birth_date is not null) as birth_date,
        arg_max(document, recency) filter (document is not null and not is_corporate) as document,
        arg_max(gender, recency) filter (gender is not null) as gender,
        arg_max(newsletter_opt_in, recency) filter (newsletter_opt_in is not null)
            as newsletter_opt_in,
        arg_max(locale, recency) filter (locale is not null) as locale,
        arg_max(extra_fields, recency) filter (extra_fields is not null) as extra_fields,
        case when bool_and(deleted_at is not null) then max(deleted_at) end as deleted_at
    from contact_facts
    group by group_id
),

order_facts as (
    select
        order_groups.group_id,
        case when id_owner.group_id = order_groups.group_id
            then coalesce(orders.user_profile_id, orders.customer_id)
        end as customer_id,
        case when email_owner.group_id = order_groups.group_id then orders.email end as email,
        case when document_owner.group_id = order_groups.group_id then orders.document end
            as document,
        orders.first_name,
        orders.last_name,
        orders.phone,
        orders.newsletter_opt_in,
        orders.locale,
        orders.created_at,
        (orders.created_at, orders.order_id) as recency
    from order_groups
    inner join orders_to_identify as orders on orders.order_id = order_groups.order_id
    left join owners as id_owner
        on id_owner.kind = 'customer_id'
        and id_owner.value = lower(coalesce(orders.user_profile_id, orders.customer_id))
    left join owners as email_owner
        on email_owner.kind = 'email' and email_owner.value = orders.email
    left join owners as document_owner
        on document_owner.kind = 'document' and document_owner.value = orders.document
),

of_orders as (
    select
        group_id,
        arg_max(customer_id, recency) filter (customer_id is not null) as customer_id,
        arg_max(email, recency) filter (email is not null) as email,
        arg_max(document, recency) filter (document is not null) as document,
        arg_max(first_name, recency) filter (first_name is not null) as first_name,
        arg_max(last_name, recency) filter (last_name is not null) as last_name,
        arg_max(phone, recency) filter (phone is not null) as phone,
        arg_max(newsletter_opt_in, recency) filter (newsletter_opt_in is not null)
            as newsletter_opt_in,
        arg_max(locale, recency) filter (locale is not null) as locale,
        max(created_at) as last_order_at
    from order_facts
    group by group_id
)

select
    getvariable('store') as store,
    group_keys.customer_key,
    coalesce(of_contacts.customer_id, of_orders.customer_id) as customer_id,
    coalesce(of_contacts.email, of_orders.email) as email,
    coalesce(of_contacts.first_name, of_orders.first_name) as first_name,
    coalesce(of_contacts.last_name, of_orders.last_name) as last_name,
    coalesce(of_contacts.phone, of_orders.phone) as phone,
    of_contacts.birth_date,
    coalesce(of_contacts.document, of_orders.document) as document,
    of_contacts.gender,
    coalesce(of_contacts.newsletter_opt_in, of_orders.newsletter_opt_in) as newsletter_opt_in,
    coalesce(of_contacts.locale, of_orders.locale) as locale,
    of_contacts.extra_fields,
    group_keys.first_seen_at,
    case
        when coalesce(of_orders.last_order_at <= of_contacts.deleted_at, true)
            then of_contacts.deleted_at
    end as deleted_at
from group_keys
left join of_contacts on of_contacts.group_id = group_keys.group_id
left join of_orders on of_orders.group_id = group_keys.group_id;
