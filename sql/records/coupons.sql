-- coupons_to_push (temporary). Grain: one row per coupon of the shop that is in use, and those that are
-- there and are archived now (is_over).
create or replace temp table coupons_to_push as
select
    promo_code,
    utm_source,
    utm_campaign,
    last_modified_at,
    coalesce(is_archived, false) as is_over
from coupons
where store = getvariable('store')
    and promo_code is not null
    and (
        not coalesce(is_archived, false)
        or promo_code in (select record_id from there)
    );
