-- order_items, from VTEX. Grain: one row per line of the orders of loaded_keys, as sold.
-- Line amount: priceDefinition.total, else its sellingPrices, else sellingPrice (rounded by VTEX).
delete from order_items
where store = getvariable('store') and order_id in (select key from loaded_keys);

insert into order_items by name
with documents as (
    select
        store,
        key as order_id,
        json_transform(payload -> '$.items', '[{
            "uniqueId": "VARCHAR", "id": "VARCHAR", "productId": "VARCHAR", "refId": "VARCHAR",
            "name": "VARCHAR", "seller": "VARCHAR", "quantity": "DOUBLE", "isGift": "BOOLEAN",
            "price": "DOUBLE", "sellingPrice": "DOUBLE", "unitMultiplier": "DOUBLE",
            "detailUrl": "VARCHAR", "imageUrl": "VARCHAR",
            "priceDefinition": {
                "total": "DOUBLE", "sellingPrices": [{"value": "DOUBLE", "quantity": "DOUBLE"}]
            },
            "additionalInfo": {
                "brandName": "VARCHAR", "categoriesIds": "VARCHAR",
                "categories": [{"id": "VARCHAR", "name": "VARCHAR"}]
            }
        }]') as items
    from raw.vtex_orders
    where store = getvariable('store') and key in (select key from loaded_keys)
),

lines as (
    select
        store,
        order_id,
        unnest(items) as item,
        generate_subscripts(items, 1) as line_no
    from documents
),

paths as (
    select
        *,
        case
            when len(path_ids(item.additionalInfo.categoriesIds)) > 0
                then path_ids(item.additionalInfo.categoriesIds)
            else list_transform(item.additionalInfo.categories, lambda said: said.id)
        end as category_path_ids
    from lines
),

named as (
    select
        *,
        list_transform(category_path_ids, lambda id: text_or_null(list_filter(
            item.additionalInfo.categories, lambda said: said.id = id
        )[1].name)) as category_names
    from paths
),

renamed as (
    select
        store,
        order_id,
        line_no,
        text_or_null(item.id) as sku,
        text_or_null(item.productId) as product_id,
        text_or_null(item.refId) as ref_id,
        text_or_null(item.name) as product,
        text_or_null(item.additionalInfo.brandName) as brand,
        category_path_ids[-1] as category_id,
        category_path_ids,
        category_names,
        category_names[-1] as category,
        text_or_null(item.seller) as seller,
        cents(item.quantity) as quantity,
        coalesce(
            cents(item.priceDefinition.total),
            cents(list_sum(list_transform(
                item.priceDefinition.sellingPrices, lambda part: part."value" * part.quantity
            ))),
            cents(item.sellingPrice * item.quantity * coalesce(item.unitMultiplier, 1))
        ) as amount_cents,
        coalesce(item.isGift, false) as is_gift,
        text_or_null(item.uniqueId) as line_key,
        cents(item.price * item.quantity * coalesce(item.unitMultiplier, 1)) as list_cents,
        text_or_null(item.detailUrl) as detail_url,
        text_or_null(item.imageUrl) as image_url
    from named
)

select * from renamed;
