-- order_items, from VTEX. Grain: one row per line of the orders of loaded_keys, as sold: the order's items, less
-- what a change removed, plus what it added (see order_items_changed).
-- Line amount: priceDefinition.total, else its sellingPrices, else sellingPrice (rounded by VTEX), else price less
-- discounts. Of a Chain order sellingPrice holds, because its priceDefinition may follow price.
delete from order_items
where store = getvariable('store') and order_id in (select key from loaded_keys);

insert into order_items by name
with documents as (
    select
        store,
        key as order_id,
        json_transform(payload, '{
            "origin": "VARCHAR",
            "itemMetadata": {"Items": [{"Id": "VARCHAR", "SkuName": "VARCHAR"}]},
            "items": [{
                "uniqueId": "VARCHAR", "id": "VARCHAR", "productId": "VARCHAR", "refId": "VARCHAR",
                "name": "VARCHAR", "seller": "VARCHAR", "quantity": "DOUBLE", "isGift": "BOOLEAN",
                "price": "DOUBLE", "sellingPrice": "DOUBLE", "unitMultiplier": "DOUBLE",
                "detailUrl": "VARCHAR", "imageUrl": "VARCHAR",
                "priceDefinition": {
                    "total": "DOUBLE", "sellingPrices": [{"value": "DOUBLE", "quantity": "DOUBLE"}]
                },
                "priceTags": [{"name": "VARCHAR", "value": "DOUBLE"}],
                "bundleItems": [{
                    "price": "DOUBLE", "sellingPrice": "DOUBLE", "quantity": "DOUBLE",
                    "bundleItems": [{"price": "DOUBLE", "sellingPrice": "DOUBLE", "quantity": "DOUBLE"}]
                }],
                "additionalInfo": {
                    "brandName": "VARCHAR", "categoriesIds": "VARCHAR",
                    "categories": [{"id": "VARCHAR", "name": "VARCHAR"}]
                }
            }]
        }') as said
    from raw.vtex_orders
    where store = getvariable('store') and key in (select key from loaded_keys)
),

lines as (
    select
        store,
        order_id,
        said.origin as origin,
        said.itemMetadata.Items as item_names,
        unnest(said.items) as item,
        generate_subscripts(said.items, 1) as line_no
    from documents
),

paths as (
    select
        *,
        text_or_null(item.name) as product,
        text_or_null(list_filter(
            item_names, lambda named: named.Id = item.id
        )[1].SkuName) as sku_name,
        item.quantity * coalesce(nullif(item.unitMultiplier, 0), 1) as priced_quantity,
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
        coalesce(
            cents(item.priceDefinition.total),
            cents(list_sum(list_transform(
                item.priceDefinition.sellingPrices, lambda part: part."value" * part.quantity
            )) * coalesce(nullif(item.unitMultiplier, 0), 1))
        ) as defined_cents,
        cents(item.sellingPrice * priced_quantity) as selling_cents,
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
        product,
        without_sku_name(product, sku_name) as product_name,
        sku_name,
        text_or_null(item.additionalInfo.brandName) as brand,
        category_path_ids[-1] as category_id,
        category_path_ids,
        category_names,
        category_names[-1] as category,
        text_or_null(item.seller) as seller,
        cents(item.quantity) as quantity,
        coalesce(
            case when origin = 'Chain' then selling_cents end,
            defined_cents,
            selling_cents,
            cents(item.price * priced_quantity + coalesce(list_sum(list_transform(
                list_filter(
                    item.priceTags,
                    lambda tag: lower(tag.name) like 'discount@%' and lower(tag.name) not like '%@shipping%'
                ),
                lambda tag: tag."value"
            )), 0))
        ) as amount_cents,
        coalesce(item.isGift, false) as is_gift,
        text_or_null(item.uniqueId) as line_key,
        cents(item.price * priced_quantity) as list_cents,
        cents(list_sum(list_transform(
            list_concat(item.bundleItems, flatten(list_transform(
                item.bundleItems,
                lambda service: list_transform(service.bundleItems, lambda inner_one: {
                    'price': inner_one.price, 'sellingPrice': inner_one.sellingPrice,
                    'quantity': inner_one.quantity, 'bundleItems': null
                })
            ))),
            lambda service: coalesce(service.sellingPrice, service.price) * coalesce(service.quantity, 1)
        ))) as services_cents,
        text_or_null(item.detailUrl) as detail_url,
        text_or_null(item.imageUrl) as image_url
    from named
)

select * from renamed;
