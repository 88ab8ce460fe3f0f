-- Schema 8: ids are compared letter for letter (only GUIDs without regard to case), without marks that nobody sees, and
-- words for nobody are none; an unmatched refund has its reason, and profiles say where knowledge begins.
-- The next resolve fills the tables of who bought what again.
alter table if exists unmatched_refunds add column if not exists receipt varchar;
alter table if exists unmatched_refunds add column if not exists refund_of varchar;
alter table if exists unmatched_refunds add column if not exists currency varchar;
alter table if exists unmatched_refunds add column if not exists reason varchar;
alter table if exists profile_runs add column if not exists history_since date;

-- A link of an id was in lower case, and as it was written otherwise: each id gets it as its own, and what nobody has
-- as it stands goes.
create temp table written_ids as
select distinct store, id_key(customer_id_or_null(customer_id)) as value, lower(customer_id) as former
from orders
where source = 'import' and customer_id is not null
union
select distinct store, id_key(customer_id_or_null(customer_id)), lower(customer_id)
from contacts
where source = 'import' and customer_id is not null;

create temp table written_links as
select distinct on (links.store, written_ids.value) links.* replace (written_ids.value as value)
from identity_links as links
inner join written_ids
    on written_ids.store = links.store
    and written_ids.former = links.value
    and written_ids.value <> links.value
where links.kind = 'customer_id'
    and (links.store, written_ids.value) not in (
        select (store, value) from identity_links where kind = 'customer_id'
    )
order by links.linked_at, links.customer_key;

insert into identity_links by name from written_links;

delete from identity_links
where kind = 'customer_id'
    and (store, value) in (
        select (store, former) from written_ids where value is distinct from former
    )
    and (store, value) not in (select (store, value) from written_ids where value is not null);

drop table written_links;

drop table written_ids;

update orders
set customer_id = customer_id_or_null(customer_id),
    refund_of = identifier(refund_of),
    email = clean_email(email)
where source = 'import'
    and (customer_id, refund_of, email)
    is distinct from (customer_id_or_null(customer_id), identifier(refund_of), clean_email(email));

update order_refunds
set order_id = identifier(order_id)
where source = 'import' and order_id <> identifier(order_id);

update contacts
set customer_id = customer_id_or_null(customer_id), email = clean_email(email)
where source = 'import'
    and (customer_id, email) is distinct from (customer_id_or_null(customer_id), clean_email(email));

delete from contacts
where source = 'import' and is_nobody(contact_id);
