-- raw.imported_items from the registered frame `incoming`. Grain: one row per order line. The lines of
-- an order are replaced together, so a line that left the file leaves the warehouse.
create or replace temp table incoming_items as
select *
from incoming
where order_id is not null
qualify row_number() over (partition by order_id, line_no order by sku) = 1;

create or replace temp table stored_items as
select * exclude (store, pulled_at, run_id)
from raw.imported_items
where store = getvariable('store') and order_id in (select order_id from incoming_items);

create or replace temp table changed_items as
with new as (
    select order_id, line_no, sku, quantity, amount_cents, product, brand, category
    from incoming_items
),

old as (
    select order_id, line_no, sku, quantity, amount_cents, product, brand, category
    from stored_items
)

(select * from new except select * from old)
union all
(select * from old except select * from new);

create or replace temp table loaded_orders as select distinct order_id as key from changed_items;

create or replace temp table loaded_keys as
select
    new.order_id as key,
    (new.order_id, new.line_no) not in (select (order_id, line_no) from stored_items) as is_new
from incoming_items as new
where (new.order_id, new.line_no) in (select (order_id, line_no) from changed_items);

delete from raw.imported_items
where store = getvariable('store') and order_id in (select key from loaded_orders);

insert into raw.imported_items by name
select
    getvariable('store') as store,
    *,
    getvariable('now')::timestamp as pulled_at,
    getvariable('run_id')::varchar as run_id
from incoming_items
where order_id in (select key from loaded_orders);

create or replace temp table incoming_documents as select order_id as key from incoming_items;
