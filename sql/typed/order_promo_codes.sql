-- order_promo_codes, from VTEX. Grain: one row per order of loaded_keys with a coupon.
-- Reads orders, filled before, to open only the documents that name one.
-- Applied: some promotion of the order was triggered by the same code (compared without case).
delete from order_promo_codes
where store = getvariable('store') and order_id in (select key from loaded_keys);

insert into order_promo_codes by name
with documents as (
    select
        store,
        key as order_id,
        json_transform(payload, '{
            "marketingData": {"coupon": "VARCHAR"},
            "ratesAndBenefitsData": {"rateAndBenefitsIdentifiers": [
                {"matchedParameters": {"couponCode@Marketing": "VARCHAR"}}
            ]}
        }') as said
    from raw.vtex_orders
    where store = getvariable('store')
        and key in (
            select order_id from orders
            where store = getvariable('store')
                and order_id in (select key from loaded_keys)
                and promo_code is not null
        )
),

codes as (
    select
        store,
        order_id,
        text_or_null(said.marketingData.coupon) as promo_code,
        list_transform(
            said.ratesAndBenefitsData.rateAndBenefitsIdentifiers,
            lambda benefit: promo_code_key(benefit.matchedParameters."couponCode@Marketing")
        ) as applied_keys
    from documents
)

select
    store,
    order_id,
    promo_code_key(promo_code) as promo_code_key,
    promo_code,
    coalesce(list_contains(applied_keys, promo_code_key(promo_code)), false) as is_applied
from codes
where promo_code is not null;
