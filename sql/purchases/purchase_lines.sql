-- sold_things and numbered_lines, which the view purchase_lines puts together. Grain: one row per product, category,
-- brand, SKU and seller that were sold together; one per order line that counts: no gifts, quantity above 0. Names as sold
-- come first, then the catalogue's; what still has no name shows its id. Where an order does not tell the product's
-- name from the SKU's, the catalogue does. Clustered by customer, so that a part of the customers is read without the others.
create or replace temp view counting_lines as
select
    order_items.order_id,
    case getvariable('product_label')
        when 'name' then coalesce(
            case when order_items.product = catalogue.product then catalogue.product end,
            order_items.product_name,
            case
                when starts_with(order_items.product || ' ', catalogue.product || ' ')
                    then catalogue.product
                when without_sku_name(order_items.product, catalogue.sku_name) <> order_items.product
                    then without_sku_name(order_items.product, catalogue.sku_name)
                when order_items.product_id = catalogue.product_id then catalogue.product
            end,
            order_items.product, catalogue.product, order_items.product_id, catalogue.product_id,
            order_items.sku
        )
        when 'sku_name' then coalesce(
            order_items.product, concat_ws(' ', catalogue.product, catalogue.sku_name),
            order_items.product_id, catalogue.product_id, order_items.sku
        )
        when 'ref_id' then coalesce(
            order_items.ref_id, catalogue.ref_id, order_items.product_id, catalogue.product_id,
            order_items.sku
        )
        else coalesce(order_items.product_id, catalogue.product_id, order_items.sku)
    end as product,
    case
        when len(order_items.category_path_ids) > 0 then category_labels.category
        else coalesce(catalogue.category, order_items.category)
    end as category,
    coalesce(order_items.brand, catalogue.brand) as brand,
    order_items.sku,
    coalesce(order_items.product_id, catalogue.product_id) as product_id,
    order_items.seller,
    order_items.quantity,
    order_items.amount_cents,
    case when order_items.list_cents is not null
        then greatest(order_items.list_cents - order_items.amount_cents, 0)
    end as discount_cents
from order_items
left join catalogue on catalogue.sku = order_items.sku
left join category_labels
    on category_labels.path_ids = order_items.category_path_ids
    and category_labels.path_names is not distinct from order_items.category_names
where order_items.store = getvariable('store')
    and not order_items.is_gift
    and order_items.quantity > 0;

create or replace temp table things as
select *, row_number() over () as thing_no
from (select distinct product, category, brand, sku, product_id, seller from counting_lines);

delete from numbered_lines where store = getvariable('store');

insert into numbered_lines by name
select
    getvariable('store') as store,
    order_purchases.purchase_no,
    order_purchases.customer_key,
    things.thing_no,
    counting_lines.quantity,
    counting_lines.amount_cents,
    counting_lines.discount_cents
from counting_lines
inner join order_purchases on order_purchases.order_id = counting_lines.order_id
inner join things
    on things.sku is not distinct from counting_lines.sku
    and things.product is not distinct from counting_lines.product
    and things.category is not distinct from counting_lines.category
    and things.brand is not distinct from counting_lines.brand
    and things.product_id is not distinct from counting_lines.product_id
    and things.seller is not distinct from counting_lines.seller
order by order_purchases.customer_key;

delete from sold_things where store = getvariable('store');

insert into sold_things by name
select getvariable('store') as store, *
from things
where thing_no in (select thing_no from numbered_lines where store = getvariable('store'));
