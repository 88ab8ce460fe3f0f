-- customers. Grain: one row per person. Each attribute is the newest contact's that is not null, else
-- the newest order's; an order's id, e-mail or document only when this person owns it, so that no two
-- customers show the same one; none that too many share. A contact that its source deleted comes after all
-- others; deleted_at is set when that is true of every contact, and the person has bought nothing since.
-- Nearly all people have one contact: only of the others the newest is looked for, and only orders of people
-- who lack something that the order has are read.
create or replace temp table contact_facts as
with facts as (
    select
        contact_groups.group_no,
        case when contacts.customer_id is not null then contacts.given_id end as customer_id,
        contacts.email,
        contacts.first_name,
        contacts.last_name,
        contacts.phone,
        contacts.birth_date,
        contacts.document,
        contacts.gender,
        contacts.newsletter_opt_in,
        contacts.sms_opt_in,
        contacts.whatsapp_opt_in,
        contacts.ads_opt_in,
        contacts.locale,
        contacts.extra_fields,
        deletions.deleted_at,
        (
            deletions.deleted_at is null,
            coalesce(
                contacts.last_interaction_at, contacts.updated_at, contacts.created_at,
                '-infinity'::timestamp
            ),
            contacts.source || ':' || contacts.contact_id
        ) as recency
    from contact_groups
    inner join identified_contacts as contacts
        on contacts.contact_no = contact_groups.contact_no
    left join contact_deletions as deletions
        on deletions.store = contacts.store
        and deletions.source = contacts.source
        and deletions.contact_id = contacts.contact_id
),

of_several as (
    select group_no
    from tangled_groups
    group by group_no
    having count(*) > 1
)

select * exclude (recency)
from facts
where group_no not in (from of_several)
union all by name
select
    group_no,
    arg_max(customer_id, recency) filter (customer_id is not null) as customer_id,
    arg_max(email, recency) filter (email is not null) as email,
    arg_max(first_name, recency) filter (first_name is not null) as first_name,
    arg_max(last_name, recency) filter (last_name is not null) as last_name,
    arg_max(phone, recency) filter (phone is not null) as phone,
    arg_max(birth_date, recency) filter (birth_date is not null) as birth_date,
    arg_max(document, recency) filter (document is not null) as document,
    arg_max(gender, recency) filter (gender is not null) as gender,
    arg_max(newsletter_opt_in, recency) filter (newsletter_opt_in is not null)
        as newsletter_opt_in,
    arg_max(sms_opt_in, recency) filter (sms_opt_in is not null) as sms_opt_in,
    arg_max(whatsapp_opt_in, recency) filter (whatsapp_opt_in is not null) as whatsapp_opt_in,
    arg_max(ads_opt_in, recency) filter (ads_opt_in is not null) as ads_opt_in,
    arg_max(locale, recency) filter (locale is not null) as locale,
    arg_max(extra_fields, recency) filter (extra_fields is not null) as extra_fields,
    case when bool_and(deleted_at is not null) then max(deleted_at) end as deleted_at
from facts
where group_no in (from of_several)
group by group_no;

create or replace temp table order_facts as
with lacking as (
    select
        group_keys.group_no,
        contact_facts.customer_id is null as wants_customer_id,
        contact_facts.email is null as wants_email,
        contact_facts.document is null as wants_document,
        contact_facts.deleted_at is not null as is_deleted
    from group_keys
    left join contact_facts on contact_facts.group_no = group_keys.group_no
    where contact_facts.deleted_at is not null
        or contact_facts.customer_id is null
        or contact_facts.email is null
        or contact_facts.document is null
        or contact_facts.first_name is null
        or contact_facts.last_name is null
        or contact_facts.phone is null
        or contact_facts.newsletter_opt_in is null
        or contact_facts.locale is null
),

wanted as (
    select lacking.*, orders.rowid as order_no
    from lacking
    inner join order_groups on order_groups.group_no = lacking.group_no
    inner join orders on orders.rowid = order_groups.order_no
    where not lacking.is_deleted
        and not lacking.wants_customer_id
        and (
            orders.email is not null or orders.document is not null
            or orders.first_name is not null or orders.last_name is not null
            or orders.phone is not null or orders.newsletter_opt_in is not null
            or orders.locale is not null
        )
    union all
    select lacking.*, order_groups.order_no
    from lacking
    inner join order_groups on order_groups.group_no = lacking.group_no
    where lacking.is_deleted or lacking.wants_customer_id
),

facts as (
    select
        wanted.group_no,
        case when id_owner.group_no = wanted.group_no
            then coalesce(orders.user_profile_id, orders.customer_id)
        end as customer_id,
        case when email_owner.group_no = wanted.group_no then orders.email end as email,
        case when document_owner.group_no = wanted.group_no then orders.document end as document,
        orders.first_name,
        orders.last_name,
        orders.phone,
        orders.newsletter_opt_in,
        orders.locale,
        orders.created_at,
        (orders.created_at, orders.order_id) as recency
    from wanted
    inner join orders on orders.rowid = wanted.order_no
    left join owners as id_owner
        on wanted.wants_customer_id
        and id_owner.kind = 'customer_id'
        and id_owner.value = id_key(coalesce(orders.user_profile_id, orders.customer_id))
    left join owners as email_owner
        on wanted.wants_email
        and email_owner.kind = 'email' and email_owner.value = orders.email
    left join owners as document_owner
        on wanted.wants_document
        and document_owner.kind = 'document' and document_owner.value = orders.document
)

select
    group_no,
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
from facts
group by group_no;

delete from customers where store = getvariable('store');

insert into customers by name
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
    of_contacts.sms_opt_in,
    of_contacts.whatsapp_opt_in,
    of_contacts.ads_opt_in,
    coalesce(of_contacts.locale, of_orders.locale) as locale,
    of_contacts.extra_fields,
    group_keys.first_seen_at,
    case
        when coalesce(of_orders.last_order_at <= of_contacts.deleted_at, true)
            then of_contacts.deleted_at
    end as deleted_at
from group_keys
left join contact_facts as of_contacts on of_contacts.group_no = group_keys.group_no
left join order_facts as of_orders on of_orders.group_no = group_keys.group_no;

drop table order_owners;

drop table contact_facts;

drop table order_facts;
