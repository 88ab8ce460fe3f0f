-- What a plan needs of products_to_push. Grain: one row per product.
select
    record_id,
    md5(concat_ws(
        '|', sku, coalesce(product_id, ''), coalesce(ref_id, ''), coalesce(product, ''),
        coalesce(sku_name, ''), coalesce(brand, ''), array_to_string(category_path, '/'),
        coalesce(detail_url, ''), coalesce(image_url, ''), price_cents, is_active,
        coalesce(getvariable('shop_url'), '')
    )) as digest,
    null::varchar as email,
    sold_at as happened_at,
    sold_at as changed_at,
    false as is_over
from products_to_push
order by record_id;
