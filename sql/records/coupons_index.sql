-- What a plan needs of coupons_to_push. Grain: one row per coupon.
select
    promo_code as record_id,
    md5(concat_ws(
        '|', promo_code, coalesce(utm_source, ''), coalesce(utm_campaign, ''), is_over
    )) as digest,
    null::varchar as email,
    last_modified_at as happened_at,
    last_modified_at as changed_at,
    is_over
from coupons_to_push
order by promo_code;
