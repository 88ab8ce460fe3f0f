-- The vocabularies as lists, in the order of their codes. Grain: one row.
select
    coalesce((select list(product order by code) from product_texts), []) as product,
    coalesce((select list(category order by code) from category_texts), []) as category,
    coalesce((select list(brand order by code) from brand_texts), []) as brand,
    coalesce((select list(promo_code order by code) from promo_code_texts), []) as promo_code;
