-- contacts, from imports. Grain: one row per imported customer of loaded_keys whose id is not a word for nobody.
delete from contacts
where store = getvariable('store') and source = 'import'
    and contact_id in (select key from loaded_keys);

insert into contacts by name
select
    store,
    customer_id as contact_id,
    'import' as source,
    customer_id_or_null(customer_id) as customer_id,
    clean_email(email) as email,
    text_or_null(first_name) as first_name,
    text_or_null(last_name) as last_name,
    text_or_null(phone) as phone,
    real_birth_date(birth_date, pulled_at::date) as birth_date,
    clean_document(document, null) as document,
    false as is_corporate,
    text_or_null(gender) as gender,
    newsletter_opt_in,
    sms_opt_in,
    whatsapp_opt_in,
    ads_opt_in,
    text_or_null(locale) as locale,
    extra_fields,
    pulled_at as updated_at
from raw.imported_customers
where store = getvariable('store')
    and customer_id in (select key from loaded_keys)
    and not is_nobody(customer_id);
