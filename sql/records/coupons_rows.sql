-- The whole coupons of the registered frame `asked` (record_id). Grain: one row per coupon.
select
    promo_code as record_id,
    promo_code,
    utm_source,
    utm_campaign,
    is_over as is_archived
from coupons_to_push
inner join asked on asked.record_id = coupons_to_push.promo_code;
