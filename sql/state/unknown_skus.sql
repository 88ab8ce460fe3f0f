-- SKUs that were sold through VTEX and that the catalogue was not asked about. Grain: one row per SKU.
select distinct order_items.sku
from order_items
inner join orders on orders.store = order_items.store and orders.order_id = order_items.order_id
where order_items.store = getvariable('store')
    and orders.source = 'vtex'
    and order_items.sku is not null
    and order_items.sku not in (
        select key from raw.vtex_skus where store = getvariable('store')
    )
order by order_items.sku;
