-- The whole products of the registered frame `asked` (record_id). Grain: one row per product.
select
    products_to_push.record_id,
    sku,
    product_id,
    ref_id,
    coalesce(product, sku_name, sku) as product,
    sku_name,
    brand,
    category_path,
    page_url(detail_url, getvariable('shop_url')) as url,
    image_url,
    units(price_cents) as price,
    is_active
from products_to_push
inner join asked on asked.record_id = products_to_push.record_id;
