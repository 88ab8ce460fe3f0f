-- Schema 3: a push is about one entity. Until then there were profiles only, called profile. What
-- purchases and products need beside is filled from raw; the addresses of products are not in it.
alter table orders add column if not exists payment_method varchar;
alter table order_items add column if not exists line_key varchar;
alter table order_items add column if not exists list_cents bigint;
alter table order_items add column if not exists detail_url varchar;
alter table order_items add column if not exists image_url varchar;
alter table skus add column if not exists detail_url varchar;
alter table skus add column if not exists image_url varchar;

update orders
set payment_method = text_or_null(
        raw.vtex_orders.payload ->> '$.paymentData.transactions[0].payments[0].paymentSystemName'
    )
from raw.vtex_orders
where raw.vtex_orders.store = orders.store and raw.vtex_orders.key = orders.order_id;

update order_items
set line_key = lines.line_key, list_cents = lines.list_cents
from (
    select
        store,
        key as order_id,
        generate_subscripts(items, 1) as line_no,
        unnest(items).uniqueId as line_key,
        cents(unnest(items).price * unnest(items).quantity) as list_cents
    from (
        select
            store,
            key,
            json_transform(
                payload -> '$.items',
                '[{"uniqueId": "VARCHAR", "price": "DOUBLE", "quantity": "DOUBLE"}]'
            ) as items
        from raw.vtex_orders
    )
) as lines
where order_items.store = lines.store
    and order_items.order_id = lines.order_id
    and order_items.line_no = lines.line_no;

-- Not every file of schema 1 has them.
create table if not exists push_jobs (
    job_id varchar, destination varchar, store varchar, entity varchar, run_id varchar,
    batch_id varchar, record_count bigint, started_at timestamp, finished_at timestamp,
    status varchar
);
create table if not exists push_job_records (
    job_id varchar, destination varchar, store varchar, entity varchar, record_id varchar,
    hash varchar, remote_key varchar
);
create table if not exists push_intents (
    destination varchar, store varchar, entity varchar, record_id varchar, batch_id varchar,
    run_id varchar, intended_at timestamp
);
create table if not exists push_confirmations (
    destination varchar, store varchar, entity varchar, run_id varchar, confirmed_at timestamp
);

alter table push_runs add column if not exists entity varchar;
update push_runs set entity = 'profiles' where entity is null;
update push_batches set entity = 'profiles' where entity = 'profile';
update push_records set entity = 'profiles' where entity = 'profile';
update push_jobs set entity = 'profiles' where entity = 'profile';
update push_job_records set entity = 'profiles' where entity = 'profile';
update push_intents set entity = 'profiles' where entity = 'profile';
update push_confirmations set entity = 'profiles' where entity = 'profile';
