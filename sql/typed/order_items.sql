-- order_items, from VTEX. Grain: one row per line of the orders of loaded_keys, as sold: the order's items, less
-- what a change removed, plus what it added (see below).
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

-- The lines of orders that a change (Change v1) made others: VTEX leaves a removed item among the
-- items and names an added one in the change alone. Few orders have any; the others are not opened.
create or replace temp table changes_of_orders as
with documents as (
    select
        key as order_id,
        json_transform(payload -> '$.changesAttachment.changesData', '[{
            "incrementValue": "DOUBLE",
            "itemsAdded": [{
                "id": "VARCHAR", "name": "VARCHAR", "quantity": "DOUBLE", "price": "DOUBLE",
                "unitMultiplier": "DOUBLE"
            }],
            "itemsRemoved": [{"id": "VARCHAR", "quantity": "DOUBLE", "price": "DOUBLE"}]
        }]') as changes
    from raw.vtex_orders
    where store = getvariable('store')
        and key in (select key from loaded_keys)
        and contains(payload::varchar, 'changesData')
)

select
    order_id,
    unnest(changes) as change,
    generate_subscripts(changes, 1) as change_no
from documents;

-- Added: lines after those of the items; of a SKU that the order has already, all but the price is as there. What one
-- costs that names no price is what its change put on the order.
insert into order_items by name
with added as (
    select
        order_id,
        change_no,
        unnest(change.itemsAdded) as item,
        generate_subscripts(change.itemsAdded, 1) as item_no,
        case when len(change.itemsAdded) = 1 then change.incrementValue end as increment_value
    from changes_of_orders
),

present as (
    select order_id, max(line_no) as last_line_no
    from order_items
    where store = getvariable('store') and order_id in (select order_id from changes_of_orders)
    group by order_id
),

twins as (
    select order_id, sku, arg_min(order_items, line_no) as line
    from order_items
    where store = getvariable('store') and order_id in (select order_id from changes_of_orders)
    group by order_id, sku
),

priced as (
    select
        added.order_id,
        coalesce(last_line_no, 0)
        + row_number() over (partition by added.order_id order by change_no, item_no) as line_no,
        item,
        twins.line as twin,
        coalesce(item.quantity, 1) as quantity,
        coalesce(
            item.price * coalesce(item.quantity, 1) * coalesce(nullif(item.unitMultiplier, 0), 1),
            increment_value
        ) as amount
    from added
    left join present on present.order_id = added.order_id
    left join twins on twins.order_id = added.order_id and twins.sku = text_or_null(item.id)
)

select
    getvariable('store') as store,
    order_id,
    line_no,
    text_or_null(item.id) as sku,
    twin.product_id,
    twin.ref_id,
    coalesce(twin.product, text_or_null(item.name)) as product,
    twin.product_name,
    twin.sku_name,
    twin.brand,
    twin.category_id,
    twin.category_path_ids,
    twin.category_names,
    twin.category,
    twin.seller,
    cents(quantity) as quantity,
    cents(amount) as amount_cents,
    false as is_gift,
    cents(amount) as list_cents,
    twin.detail_url,
    twin.image_url
from priced;

-- Removed: of the lines of that SKU, first those of its price, gifts last, so many units. Of a line that loses some,
-- the amounts are those of the units left.
create or replace temp table units_left as
with taken as (
    select order_id, unnest(change.itemsRemoved) as item
    from changes_of_orders
),

removed as (
    select
        order_id,
        text_or_null(item.id) as sku,
        sum(coalesce(item.quantity, 1e12)) as removed_quantity,
        list(item.price) as prices
    from taken
    group by order_id, text_or_null(item.id)
),

in_turn as (
    select
        order_items.rowid as line,
        order_items.quantity,
        removed.removed_quantity,
        coalesce(sum(greatest(order_items.quantity, 0)) over (
            partition by order_items.order_id, order_items.sku
            order by
                coalesce(list_contains(removed.prices, order_items.list_cents / nullif(order_items.quantity, 0))
                    or list_contains(removed.prices, order_items.amount_cents / nullif(order_items.quantity, 0)),
                false) desc,
                order_items.is_gift,
                order_items.line_no
            rows between unbounded preceding and 1 preceding
        ), 0) as quantity_before
    from order_items
    inner join removed
        on removed.order_id = order_items.order_id and removed.sku = order_items.sku
    where order_items.store = getvariable('store')
)

select
    line,
    greatest(quantity - greatest(removed_quantity - quantity_before, 0), 0)::bigint as quantity
from in_turn
where quantity > 0 and removed_quantity > quantity_before;

delete from order_items
where rowid in (select line from units_left where quantity = 0);

update order_items
set quantity = units_left.quantity,
    amount_cents = round(amount_cents * units_left.quantity / order_items.quantity)::bigint,
    list_cents = round(list_cents * units_left.quantity / order_items.quantity)::bigint,
    services_cents = round(services_cents * units_left.quantity / order_items.quantity)::bigint
from units_left
where order_items.rowid = units_left.line and units_left.quantity > 0;
