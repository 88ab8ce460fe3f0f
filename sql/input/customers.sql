-- What the profile core reads of customers. Grain: one row per customer of a part, prospects included,
-- those that the source deleted not.
select
    customer_key, customer_id, email, first_name, last_name, phone, birth_date, document, gender,
    newsletter_opt_in, locale, nullif(extra_fields::varchar, '{}') as extra_fields
from customers
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key')
    and deleted_at is null;
