-- name: to_push
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

-- name: index
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

-- name: rows
-- The whole coupons of the registered frame `asked` (record_id). Grain: one row per coupon.
select
    promo_code as record_id,
    promo_code,
    utm_source,
    utm_campaign,
    is_over as is_archived
from coupons_to_push
inner join asked on asked.record_id = coupons_to_push.promo_code;
