-- Schema 17: what order lines say is kept once, and purchase_lines is a view; so is purchase_orders, of the purchases and
-- of the orders of those that have several. The rows stay. The next resolve says which purchases went to a known place.
alter table purchases add column is_delivered boolean;

create table split_orders as
select store, purchase_no, purchases.customer_key, purchase_orders.order_id
from purchase_orders
inner join purchases using (store, purchase_no)
where purchases.order_count > 1;

drop table purchase_orders;

create table sold_things as
select store, row_number() over () as thing_no, product, category, brand, sku, product_id, seller
from (select distinct store, product, category, brand, sku, product_id, seller from purchase_lines);

create table numbered_lines as
select
    lines.store,
    lines.purchase_no,
    lines.customer_key,
    things.thing_no,
    lines.quantity,
    lines.amount_cents,
    lines.discount_cents
from purchase_lines as lines
inner join sold_things as things
    on things.store = lines.store
    and things.sku is not distinct from lines.sku
    and things.product is not distinct from lines.product
    and things.category is not distinct from lines.category
    and things.brand is not distinct from lines.brand
    and things.product_id is not distinct from lines.product_id
    and things.seller is not distinct from lines.seller
order by lines.store, lines.customer_key;

drop table purchase_lines;
