-- resolved: who bought what; built again by every resolve that follows a load, except that keys, links and
-- merges stay.

-- Grain: one row per store and identifier; kind is contact, customer_id, document or email.
create table if not exists identity_links (
    store varchar, kind varchar, value varchar, customer_key bigint, reason varchar,
    linked_at timestamp
);
-- Grain: one row per identifier and customer that used it though another customer owns it; customer_key is null where
-- nobody does, because more people share it than the settings allow.
create table if not exists identity_conflicts (
    store varchar, kind varchar, value varchar, customer_key bigint, other_customer_key bigint,
    reason varchar, order_count bigint, first_order_id varchar
);
-- Grain: one row per key that was given up; customer_key is the older key that was kept.
create table if not exists customer_merges (
    store varchar, customer_key bigint, merged_customer_key bigint, merged_at timestamp,
    reason varchar
);
-- Grain: one row per customer who was a part of another until then and has a key since; customer_key is the one
-- that the other kept.
create table if not exists customer_splits (
    store varchar, customer_key bigint, new_customer_key bigint, split_at timestamp
);
-- Grain: one row per order whose customer is known; match_rule says by what.
create table if not exists order_customers (
    store varchar, order_id varchar, customer_key bigint, match_rule varchar
);
-- Grain: one row per customer of a store.
create table if not exists customers (
    store varchar, customer_key bigint, customer_id varchar, email varchar, first_name varchar,
    last_name varchar, phone varchar, birth_date date, document varchar, gender varchar,
    newsletter_opt_in boolean, sms_opt_in boolean, whatsapp_opt_in boolean, ads_opt_in boolean,
    locale varchar, extra_fields json, first_seen_at timestamp
);
-- Grain: one row per purchase; customer_key is null when nobody is known.
create table if not exists purchases (
    store varchar, purchase_no bigint, order_id varchar, customer_key bigint,
    purchased_at timestamp, purchased_on date, amount_cents bigint, gross_cents bigint,
    refund_cents bigint, order_count bigint, sales_channel varchar, is_marketplace boolean,
    is_delivered boolean
);
-- Grain: one row per order of a purchase with several; all others have the order of their purchase.
create table if not exists split_orders (store varchar, purchase_no bigint, customer_key bigint, order_id varchar);
-- Grain: one row per order of a purchase.
create view if not exists purchase_orders as
select store, purchase_no, order_id
from purchases
where order_count = 1
union all
select store, purchase_no, order_id
from split_orders;
-- Grain: one row per line of purchase_lines, the texts apart: of millions of lines a few thousand say something of their own.
create table if not exists numbered_lines (
    store varchar, purchase_no bigint, customer_key bigint, thing_no bigint, quantity bigint,
    amount_cents bigint, discount_cents bigint
);
-- Grain: one row per product, category, brand, SKU and seller that were sold together.
create table if not exists sold_things (
    store varchar, thing_no bigint, product varchar, category varchar, brand varchar, sku varchar,
    product_id varchar, seller varchar
);
-- Grain: one row per order line that counts (no gifts, quantity above 0).
create view if not exists purchase_lines as
select lines.store, lines.purchase_no, lines.customer_key, things.product, things.category, things.brand,
    lines.quantity, lines.amount_cents, lines.discount_cents, things.sku, things.product_id, things.seller
from numbered_lines as lines
inner join sold_things as things on things.store = lines.store and things.thing_no = lines.thing_no;
-- Grain: one row per purchase and promo code, shown as first seen in the store.
create table if not exists purchase_promo_codes (
    store varchar, purchase_no bigint, customer_key bigint, promo_code varchar, is_applied boolean
);
-- Grain: one row per refund and reason why a part of it is taken from no purchase: more_than_paid, no_purchase (of an
-- order that is none), nobody, other_currency, not_in_basis (shipping, where amount_basis is items). order_id is the order
-- that holds the refund, of an imported one its own; refund_of the order it names; receipt the one of VTEX.
create table if not exists unmatched_refunds (
    store varchar, order_id varchar, customer_key bigint, refunded_at timestamp,
    refund_cents bigint, unmatched_cents bigint, receipt varchar, refund_of varchar, currency varchar,
    reason varchar
);
-- Grain: one row per finding of the last resolve.
create table if not exists resolve_report (
    store varchar, finding varchar, detail varchar, row_count bigint, amount_cents bigint
);
-- When the source deleted the last contact of the customer, and nothing was bought since: such a
-- customer has no profile.
alter table customers add column if not exists deleted_at timestamp;
