-- customer_id_owners, email_owners and document_owners (temporary). Grain: one row per identifier of a contact,
-- with the person (group_no) it belongs to. A document of several people belongs to the one who had it
-- first; the others are conflicts.
create or replace temp table customer_id_owners as
select contacts.customer_id, any_value(contact_groups.group_no) as group_no
from identified_contacts as contacts
inner join contact_groups on contact_groups.contact_no = contacts.contact_no
where contacts.customer_id is not null
group by contacts.customer_id;

create or replace temp table email_owners as
select contacts.email, any_value(contact_groups.group_no) as group_no
from identified_contacts as contacts
inner join contact_groups on contact_groups.contact_no = contacts.contact_no
where contacts.email is not null
group by contacts.email;

create or replace temp table contact_documents as
select contacts.document, contact_groups.group_no, contacts.contact_no
from identified_contacts as contacts
inner join contact_groups on contact_groups.contact_no = contacts.contact_no
where contacts.document is not null;

create or replace temp table document_owners as
with counted as (
    select document, min(group_no) as group_no, max(group_no) as other_group_no
    from contact_documents
    group by document
)

select document, group_no
from counted
where group_no = other_group_no
union all
select
    contact_documents.document,
    arg_min(contact_documents.group_no, (
        coalesce(contacts.created_at, contacts.updated_at, 'infinity'::timestamp),
        contacts.source || ':' || contacts.contact_id
    )) as group_no
from contact_documents
inner join contacts on contacts.rowid = contact_documents.contact_no
where contact_documents.document in (
    select document from counted where group_no <> other_group_no
)
group by contact_documents.document;
