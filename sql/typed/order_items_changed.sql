-- order_items of the orders of loaded_keys that a change (Change v1) made others: VTEX leaves a removed item among the
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
