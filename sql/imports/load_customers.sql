-- raw.imported_customers from the registered frame `incoming`. Grain: one row per customer; of repeated
-- ones the last counts. extra_fields is JSON text.
create or replace temp table incoming_customers as
select * exclude (row_no)
from (select *, row_number() over () as row_no from incoming where customer_id is not null)
qualify row_number() over (partition by customer_id order by row_no desc) = 1;

create or replace temp table loaded_keys as
select new.customer_id as key, old.customer_id is null as is_new
from incoming_customers as new
left join raw.imported_customers as old
    on old.store = getvariable('store') and old.customer_id = new.customer_id
where old.customer_id is null
    or (
        new.email, new.first_name, new.last_name, new.phone, new.birth_date, new.document,
        new.gender, new.newsletter_opt_in, new.sms_opt_in, new.whatsapp_opt_in,
        new.ads_opt_in, new.locale, new.extra_fields::varchar
    ) is distinct from (
        old.email, old.first_name, old.last_name, old.phone, old.birth_date, old.document,
        old.gender, old.newsletter_opt_in, old.sms_opt_in, old.whatsapp_opt_in,
        old.ads_opt_in, old.locale, old.extra_fields::varchar
    );

delete from raw.imported_customers
where store = getvariable('store') and customer_id in (select key from loaded_keys);

insert into raw.imported_customers by name
select
    getvariable('store') as store,
    *,
    getvariable('now')::timestamp as pulled_at,
    getvariable('run_id')::varchar as run_id
from incoming_customers
where customer_id in (select key from loaded_keys);

create or replace temp table incoming_documents as select customer_id as key from incoming_customers;
