-- What the profile core reads of promo codes. Grain: one row per purchase of a part and code typed.
select purchase_no, enum_code(promo_code::promo_code_text) as promo_code, is_applied
from purchase_promo_codes
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key');
