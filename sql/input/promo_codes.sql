-- What the profile core reads of promo codes. Grain: one row per purchase of a part and code typed.
select purchase_no, promo_code_texts.code as promo_code, is_applied
from purchase_promo_codes
left join promo_code_texts using (promo_code)
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key')
    and customer_key not in (
        select customer_key from customers
        where store = getvariable('store') and deleted_at is not null
    );
