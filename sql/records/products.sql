-- name: to_push
-- products_to_push (temporary). Grain: one row per product that the shop sold, by SKU or, with
-- product_key = 'product_id', by product: the SKU sold last speaks for it. The price is that of the
-- newest sale, before discounts.
create or replace temp table products_to_push as
with sales as (
    select
        order_items.sku,
        arg_max(order_items, (orders.created_at, orders.order_id, order_items.line_no)) as item,
        max(orders.created_at) as sold_at
    from order_items
    inner join orders
        on orders.store = order_items.store and orders.order_id = order_items.order_id
    where order_items.store = getvariable('store')
        and order_items.sku is not null
        and order_items.quantity > 0
        and orders.created_at is not null
        and not coalesce(order_items.is_gift, false)
    group by order_items.sku
),

named as (
    select
        sales.sku,
        coalesce(sales.item.product_id, skus.product_id) as product_id,
        coalesce(sales.item.ref_id, skus.ref_id) as ref_id,
        coalesce(skus.product, sales.item.product) as product,
        skus.sku_name,
        coalesce(skus.brand, brands.brand, sales.item.brand) as brand,
        case
            when len(skus.category_names) > 0
                then list_filter(skus.category_names, lambda name: name is not null)
            when len(sales.item.category_names) > 0
                then list_filter(sales.item.category_names, lambda name: name is not null)
            when sales.item.category is not null then [sales.item.category]
            else []
        end as category_path,
        coalesce(sales.item.detail_url, skus.detail_url) as detail_url,
        coalesce(skus.image_url, sales.item.image_url) as image_url,
        round(
            greatest(coalesce(sales.item.list_cents, sales.item.amount_cents, 0), 0)
            / sales.item.quantity
        )::bigint as price_cents,
        coalesce(skus.is_active, true) as is_active,
        sales.sold_at
    from sales
    left join skus on skus.store = getvariable('store') and skus.sku = sales.sku
    left join brands on brands.store = getvariable('store') and brands.brand_id = skus.brand_id
)

select
    case getvariable('product_key') when 'product_id' then coalesce(product_id, sku) else sku end
        as record_id,
    *
from named
qualify row_number() over (partition by record_id order by sold_at desc, sku) = 1;

-- name: index
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

-- name: rows
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
