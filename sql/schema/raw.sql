-- raw: what the sources said, kept until `forget`, because VTEX shows orders for two years only.
-- Grain: one row per store and source key. payload is the source's own JSON, pruned to the allow-list.
-- No indexes: they cost memory and time in DuckDB; sql/checks proves that keys are unique.
create schema if not exists raw;
create schema if not exists state;

create table if not exists raw.vtex_orders (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id varchar
);
create table if not exists raw.vtex_customers (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id varchar
);
create table if not exists raw.vtex_skus (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id varchar
);

-- Grain: one row per store and imported order or refund; a negative amount_cents is a refund.
create table if not exists raw.imported_orders (
    store varchar, order_id varchar, customer_id varchar, email varchar, ordered_at timestamp,
    amount_cents bigint, currency varchar, status varchar, promo_code varchar, refund_of varchar,
    source_file varchar, source_line bigint, pulled_at timestamp, run_id varchar
);
-- Grain: one row per line of an imported order; the lines of an order are replaced together.
create table if not exists raw.imported_items (
    store varchar, order_id varchar, line_no bigint, sku varchar, quantity bigint,
    amount_cents bigint, product varchar, brand varchar, category varchar,
    pulled_at timestamp, run_id varchar
);
-- Grain: one row per store and imported customer.
create table if not exists raw.imported_customers (
    store varchar, customer_id varchar, email varchar, first_name varchar, last_name varchar,
    phone varchar, birth_date date, document varchar, gender varchar, newsletter_opt_in boolean,
    sms_opt_in boolean, whatsapp_opt_in boolean, ads_opt_in boolean, locale varchar, extra_fields json, pulled_at timestamp, run_id varchar
);
