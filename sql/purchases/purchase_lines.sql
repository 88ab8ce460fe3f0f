-- purchase_lines. Grain: one row per order line that counts: no gifts, quantity above 0. Names as sold
-- come first, then the catalogue's; what still has no name shows its id. Where an order does not tell the product's
-- name from the SKU's, the catalogue does. Clustered by customer, so that a
-- part of the customers is read without the others: the lines are sorted as numbers, then get their texts
-- back, which takes a quarter of the memory.
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
    greatest(order_items.list_cents - order_items.amount_cents, 0) as discount_cents
from order_items
left join catalogue on catalogue.sku = order_items.sku
left join category_labels
    on category_labels.path_ids = order_items.category_path_ids
    and category_labels.path_names is not distinct from order_items.category_names
where order_items.store = getvariable('store')
    and not order_items.is_gift
    and order_items.quantity > 0;

create or replace temp table sold_products as
select product, row_number() over () as product_no
from (select distinct product from counting_lines where product is not null);

create or replace temp table sold_skus as
select sku, product_id, seller, row_number() over () as sku_no
from (select distinct sku, product_id, seller from counting_lines);

create or replace temp table sold_categories as
select category, row_number() over () as category_no
from (select distinct category from counting_lines where category is not null);

create or replace temp table sold_brands as
select brand, row_number() over () as brand_no
from (select distinct brand from counting_lines where brand is not null);

create or replace temp table numbered_lines as
select
    order_purchases.purchase_no,
    order_purchases.customer_key,
    sold_products.product_no::uinteger as product_no,
    sold_categories.category_no::uinteger as category_no,
    sold_brands.brand_no::uinteger as brand_no,
    sold_skus.sku_no::uinteger as sku_no,
    counting_lines.quantity,
    counting_lines.amount_cents,
    counting_lines.discount_cents
from counting_lines
inner join order_purchases on order_purchases.order_id = counting_lines.order_id
left join sold_products on sold_products.product = counting_lines.product
left join sold_categories on sold_categories.category = counting_lines.category
left join sold_brands on sold_brands.brand = counting_lines.brand
left join sold_skus
    on sold_skus.sku is not distinct from counting_lines.sku
    and sold_skus.product_id is not distinct from counting_lines.product_id
    and sold_skus.seller is not distinct from counting_lines.seller
order by order_purchases.customer_key;

delete from purchase_lines where store = getvariable('store');

insert into purchase_lines by name
select
    getvariable('store') as store,
    numbered_lines.purchase_no,
    numbered_lines.customer_key,
    sold_products.product,
    sold_categories.category,
    sold_brands.brand,
    numbered_lines.quantity,
    numbered_lines.amount_cents,
    numbered_lines.discount_cents,
    sold_skus.sku,
    sold_skus.product_id,
    sold_skus.seller
from numbered_lines
left join sold_products on sold_products.product_no = numbered_lines.product_no
left join sold_categories on sold_categories.category_no = numbered_lines.category_no
left join sold_brands on sold_brands.brand_no = numbered_lines.brand_no
left join sold_skus on sold_skus.sku_no = numbered_lines.sku_no;

drop table numbered_lines;
