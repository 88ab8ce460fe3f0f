-- raw.imported_orders from the registered frame `incoming`. Grain: one row per order or refund; of
-- repeated ones the last line counts. loaded_keys gets those that are new or say something else.
create or replace temp table incoming_orders as
select * exclude (source, line), source as source_file, line as source_line
from incoming
where order_id is not null
qualify row_number() over (partition by order_id order by source desc, line desc) = 1;

create or replace temp table loaded_keys as
select new.order_id as key, old.order_id is null as is_new
from incoming_orders as new
left join raw.imported_orders as old
    on old.store = getvariable('store') and old.order_id = new.order_id
where old.order_id is null
    or (
        new.customer_id, new.email, new.ordered_at, new.amount_cents, new.currency, new.status,
        new.promo_code, new.refund_of
    ) is distinct from (
        old.customer_id, old.email, old.ordered_at, old.amount_cents, old.currency, old.status,
        old.promo_code, old.refund_of
    );

delete from raw.imported_orders
where store = getvariable('store') and order_id in (select key from loaded_keys);

insert into raw.imported_orders by name
select
    getvariable('store') as store,
    *,
    getvariable('now')::timestamp as pulled_at,
    getvariable('run_id')::varchar as run_id
from incoming_orders
where order_id in (select key from loaded_keys);

create or replace temp table incoming_documents as select order_id as key from incoming_orders;
