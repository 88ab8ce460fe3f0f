-- What the profile core reads of promo codes. Grain: one row per purchase of a known customer and code.
select
    purchase_promo_codes.purchase_no, purchase_promo_codes.promo_code,
    purchase_promo_codes.is_applied
from purchase_promo_codes
semi join purchases
    on purchases.store = purchase_promo_codes.store
    and purchases.purchase_no = purchase_promo_codes.purchase_no
    and purchases.customer_key is not null
where purchase_promo_codes.store = getvariable('store')
order by purchase_promo_codes.purchase_no, purchase_promo_codes.promo_code;
