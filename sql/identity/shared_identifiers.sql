-- shared_emails, shared_ids and shared_documents (temporary). Grain: one row per identifier that more people share than
-- the settings allow (max_people_per_identifier): a placeholder, a till's, a shop assistant's. It identifies nobody.
-- People of an e-mail are the ids of one source that it comes with, people of an imported id the e-mails, people
-- of a document the profile ids of both sources. Most come with one and the same, so only of the others people are counted.
create or replace temp view email_uses as
select
    source,
    email,
    id_key(coalesce(user_profile_id, customer_id)) as person
from orders
where store = getvariable('store')
    and email is not null
    and not is_marketplace_order(origin, affiliate_id)
union all
select source, email, coalesce(id_key(customer_id), contact_id) as person
from contacts
where store = getvariable('store') and email is not null;

create or replace temp table shared_emails as
with several as (
    select source, email
    from email_uses
    where person is not null
    group by source, email
    having min(hash(person)) <> max(hash(person))
)

select distinct email
from email_uses
where (source, email) in (select (source, email) from several)
group by source, email
having count(distinct person) > getvariable('max_people_per_identifier');

create or replace temp view id_uses as
select id_key(coalesce(user_profile_id, customer_id)) as customer_id, email as person
from orders
where store = getvariable('store') and source = 'import'
union all
select id_key(customer_id) as customer_id, email as person
from contacts
where store = getvariable('store') and source = 'import';

create or replace temp table shared_ids as
with several as (
    select customer_id
    from id_uses
    where customer_id is not null and person is not null
    group by customer_id
    having min(hash(person)) <> max(hash(person))
)

select customer_id
from id_uses
where customer_id in (from several) and person not in (from shared_emails)
group by customer_id
having count(distinct person) > getvariable('max_people_per_identifier');

create or replace temp view document_uses as
select document, id_key(user_profile_id) as person
from orders
where store = getvariable('store') and document is not null and not is_corporate
union all
select document, id_key(customer_id) as person
from contacts
where store = getvariable('store') and document is not null and not is_corporate;

create or replace temp table shared_documents as
with several as (
    select document
    from document_uses
    where person is not null
    group by document
    having min(hash(person)) <> max(hash(person))
)

select document
from document_uses
where document in (from several)
group by document
having count(distinct person) > getvariable('max_people_per_identifier');
