-- typed: the sources renamed, cast and tidied; rebuilt from raw for the keys of each load.
-- Moments are UTC, money is integer cents, '' is null.

-- Grain: one row per store and order (imported refunds too, with a negative value_cents).
create table if not exists orders (
    store varchar, order_id varchar, source varchar, order_group varchar, origin varchar,
    affiliate_id varchar, hostname varchar, sales_channel varchar, status varchar,
    is_completed boolean, created_at timestamp, authorized_at timestamp, invoiced_at timestamp,
    last_change_at timestamp, value_cents bigint, items_cents bigint, totals_cents bigint,
    currency varchar, promo_code varchar, refund_of varchar, user_profile_id varchar, customer_id varchar,
    email varchar, document varchar, document_type varchar, is_corporate boolean, phone varchar,
    first_name varchar, last_name varchar, locale varchar, newsletter_opt_in boolean,
    payment_method varchar, payment_methods varchar[], installments bigint, discount_cents bigint,
    shipping_cents bigint, change_cents bigint, country varchar, state varchar, city varchar,
    postal_prefix varchar, delivery_types varchar[], pickup_points varchar[], utm_source varchar,
    utm_medium varchar, utm_campaign varchar
);
-- Grain: one row per order line; category_names are the names as sold, beside category_path_ids.
-- line_key is VTEX's own id of the line; list_cents is the line before discounts. product is the name as sold, in
-- VTEX the product's with the SKU's behind it; product_name and sku_name are the two apart, where the order tells.
create table if not exists order_items (
    store varchar, order_id varchar, line_no bigint, sku varchar, product_id varchar,
    ref_id varchar, product varchar, brand varchar, category_id varchar,
    category_path_ids varchar[], category_names varchar[], category varchar, seller varchar,
    quantity bigint, amount_cents bigint, is_gift boolean, line_key varchar, list_cents bigint,
    detail_url varchar, image_url varchar, product_name varchar, sku_name varchar, services_cents bigint
);
-- Grain: one row per return receipt of an order; amount_cents is positive.
create table if not exists order_refunds (
    store varchar, order_id varchar, source varchar, receipt varchar, refunded_at timestamp,
    amount_cents bigint
);
-- Grain: one row per order and promo code; the key is compared, promo_code is as typed.
create table if not exists order_promo_codes (
    store varchar, order_id varchar, promo_code_key varchar, promo_code varchar, is_applied boolean
);
-- Grain: one row per contact of a source.
create table if not exists contacts (
    store varchar, contact_id varchar, source varchar, customer_id varchar, email varchar,
    first_name varchar, last_name varchar, phone varchar, birth_date date, document varchar,
    document_type varchar, is_corporate boolean, gender varchar, newsletter_opt_in boolean,
    sms_opt_in boolean, whatsapp_opt_in boolean, ads_opt_in boolean, locale varchar, extra_fields json, created_at timestamp, updated_at timestamp,
    last_interaction_at timestamp
);
-- Grain: one row per contact with a cart left behind; skus and quantities go side by side.
create table if not exists carts (
    store varchar, contact_id varchar, customer_id varchar, email varchar, abandoned_at timestamp,
    value_cents bigint, skus varchar[], quantities bigint[], checkout_step varchar,
    is_abandoned boolean
);
-- Grain: one row per SKU, as the catalogue says now.
create table if not exists skus (
    store varchar, sku varchar, product_id varchar, ref_id varchar, sku_name varchar,
    product varchar, brand_id varchar, brand varchar, category_id varchar,
    category_path_ids varchar[], category_names varchar[], is_active boolean, detail_url varchar,
    image_url varchar
);
-- Grain: one row per contact that its source has deleted. A record of its own: the documents of a
-- source do not tell of those that are gone.
create table if not exists contact_deletions (
    store varchar, source varchar, contact_id varchar, deleted_at timestamp, run_id varchar
);
