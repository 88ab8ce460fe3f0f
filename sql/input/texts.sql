-- The vocabularies as lists, in the order of their codes. Grain: one row.
select
    enum_range(null::product_text) as product,
    enum_range(null::category_text) as category,
    enum_range(null::brand_text) as brand,
    enum_range(null::promo_code_text) as promo_code;
