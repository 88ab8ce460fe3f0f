-- order_promo_codes, from VTEX. Grain: one row per order of loaded_keys and code: the one typed, and those that
-- promotions matched (with several coupons VTEX may leave marketingData out). Shown as typed, else as matched.
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
        and key in (select key from loaded_keys)
        and (
            contains(payload::varchar, 'couponCode@Marketing')
            or key in (
                select order_id from orders
                where store = getvariable('store')
                    and order_id in (select key from loaded_keys)
                    and promo_code is not null
            )
        )
),

codes as (
    select store, order_id, unnest(promo_codes(said.marketingData.coupon)) as promo_code, false as is_applied
    from documents
    union all
    select
        store,
        order_id,
        unnest(flatten(list_transform(
            said.ratesAndBenefitsData.rateAndBenefitsIdentifiers,
            lambda benefit: promo_codes(benefit.matchedParameters."couponCode@Marketing")
        ))) as promo_code,
        true as is_applied
    from documents
)

select
    store,
    order_id,
    promo_code_key(promo_code) as promo_code_key,
    arg_min(promo_code, (is_applied, promo_code)) as promo_code,
    bool_or(is_applied) as is_applied
from codes
group by store, order_id, promo_code_key(promo_code);
