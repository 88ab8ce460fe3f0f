-- Schema 7: orders keep where they went, how they were paid and delivered, and what a change made of them; lines keep
-- the product's name apart from the SKU's, and their services. The typed tables of orders are filled again from raw right
-- after (see enrich/warehouse/loading.py); what raw does not have either, `enrich sync --complete-history` fetches.
alter table orders add column if not exists payment_methods varchar[];
alter table orders add column if not exists installments bigint;
alter table orders add column if not exists discount_cents bigint;
alter table orders add column if not exists shipping_cents bigint;
alter table orders add column if not exists change_cents bigint;
alter table orders add column if not exists country varchar;
alter table orders add column if not exists state varchar;
alter table orders add column if not exists city varchar;
alter table orders add column if not exists postal_prefix varchar;
alter table orders add column if not exists delivery_types varchar[];
alter table orders add column if not exists pickup_points varchar[];
alter table orders add column if not exists utm_source varchar;
alter table orders add column if not exists utm_medium varchar;
alter table orders add column if not exists utm_campaign varchar;
alter table order_items add column if not exists product_name varchar;
alter table order_items add column if not exists sku_name varchar;
alter table order_items add column if not exists services_cents bigint;
alter table purchase_lines add column if not exists discount_cents bigint;
alter table purchase_lines add column if not exists sku varchar;
alter table purchase_lines add column if not exists product_id varchar;
alter table purchase_lines add column if not exists seller varchar;
alter table state.order_listing add column if not exists invoice_input varchar;

update contacts
set birth_date = real_birth_date(birth_date, current_date)
where birth_date is not null;

-- A product is called by its own name now; a shop that has orders keeps the names it had until it chooses.
create table if not exists state.kept_settings (store varchar, setting varchar, value varchar);

insert into state.kept_settings
select store, 'product_label', 'sku_name'
from (
    select store from raw.vtex_orders
    union
    select store from raw.imported_orders
);

create table if not exists state.incomplete_orders (
    store varchar, order_id varchar, created_at timestamp, asked_at timestamp, tries bigint, is_done boolean
);

insert into state.incomplete_orders by name
select store, key as order_id, moment(payload ->> '$.creationDate') as created_at, 0 as tries, false as is_done
from raw.vtex_orders;

drop table if exists state.resolved;
