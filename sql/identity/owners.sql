-- owners (temporary). Grain: one row per identifier; who it belongs to and why. Here: the contacts'.
-- A document of several people belongs to the one who had it first; the others are conflicts.
create or replace temp table owners as
with known as (
    select
        contact_groups.contact,
        contact_groups.group_id,
        contacts.*,
        coalesce(contacts.created_at, contacts.updated_at, 'infinity'::timestamp) as known_at
    from contacts_to_identify as contacts
    inner join contact_groups
        on contact_groups.contact = contacts.source || ':' || contacts.contact_id
),

identifiers as (
    select 'contact' as kind, contact as value, group_id, known_at, contact from known
    union all
    select 'customer_id' as kind, lower(customer_id) as value, group_id, known_at, contact
    from known
    where customer_id is not null
    union all
    select 'email' as kind, email as value, group_id, known_at, contact
    from known
    where email is not null
    union all
    select 'document' as kind, document as value, group_id, known_at, contact
    from known
    where document is not null
        and not is_corporate
        and document not in (select document from shared_documents)
)

select kind, value, arg_min(group_id, (known_at, contact)) as group_id, 'contact' as reason
from identifiers
group by kind, value;

create or replace temp table contact_documents as
select distinct contacts.document as value, contact_groups.group_id
from contacts_to_identify as contacts
inner join contact_groups
    on contact_groups.contact = contacts.source || ':' || contacts.contact_id
where contacts.document is not null
    and not contacts.is_corporate
    and contacts.document not in (select document from shared_documents);
