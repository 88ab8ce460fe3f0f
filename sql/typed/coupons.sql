-- The coupons as VTEX sent them. Grain: one row per document.
create table if not exists raw.vtex_coupons as from raw.vtex_skus with no data;
-- Grain: one row per coupon of the shop.
create table if not exists coupons (
    store varchar, promo_code_key varchar, promo_code varchar, utm_source varchar,
    utm_campaign varchar, is_archived boolean, max_usage bigint, last_modified_at timestamp
);

-- coupons. Grain: one row per coupon of loaded_keys.
delete from coupons
where store = getvariable('store')
    and promo_code_key in (select promo_code_key(key) from loaded_keys);

insert into coupons by name
select
    store,
    promo_code_key(payload ->> '$.couponCode') as promo_code_key,
    text_or_null(payload ->> '$.couponCode') as promo_code,
    text_or_null(payload ->> '$.utmSource') as utm_source,
    text_or_null(payload ->> '$.utmCampaign') as utm_campaign,
    try_cast(payload ->> '$.isArchived' as boolean) as is_archived,
    try_cast(payload ->> '$.maxUsage' as bigint) as max_usage,
    moment(payload ->> '$.lastModifiedUtc') as last_modified_at
from raw.vtex_coupons
where store = getvariable('store') and key in (select key from loaded_keys);
