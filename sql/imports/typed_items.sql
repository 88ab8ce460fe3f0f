-- order_items, from imports. Grain: one row per line of the orders of loaded_orders; the category is
-- as given in the file. An order that came from VTEX keeps VTEX's lines.
create or replace temp table told_items as
select *
from raw.imported_items
where store = getvariable('store')
    and order_id in (select key from loaded_orders)
    and order_id not in (select key from raw.vtex_orders where store = getvariable('store'));

delete from order_items
where store = getvariable('store') and order_id in (select order_id from told_items);

insert into order_items by name
select
    store,
    order_id,
    line_no,
    text_or_null(sku) as sku,
    text_or_null(product) as product,
    text_or_null(brand) as brand,
    text_or_null(category) as category,
    quantity,
    amount_cents,
    false as is_gift
from told_items;
