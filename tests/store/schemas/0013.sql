-- The warehouse as schema 13 made it, kept for the test of migrations.
create schema if not exists raw;
create schema if not exists state;

create table if not exists audience_assignments (
    store varchar, audience varchar, customer_key bigint, arm varchar, assigned_on date, run_id
    varchar
);
create table if not exists audience_counts (
    store varchar, audience varchar, as_of date, outcome varchar, people bigint, amount
    decimal(18,2)
);
create table if not exists audience_history (
    store varchar, audience varchar, customer_key bigint, joined_on date, left_on date, left_because
    varchar
);
create table if not exists brands (
    store varchar, brand_id varchar, brand varchar, is_active boolean
);
create table if not exists carts (
    store varchar, contact_id varchar, customer_id varchar, email varchar, abandoned_at timestamp,
    value_cents bigint, skus varchar[], quantities bigint[], checkout_step varchar, is_abandoned
    boolean
);
create table if not exists categories (
    store varchar, category_id varchar, category varchar, parent_id varchar, path_ids varchar[],
    path_names varchar[]
);
create table if not exists consent_decisions (
    store varchar, party varchar, email_digest varchar, contact_id varchar, customer_key bigint, was
    boolean, opted_in boolean, changed_at timestamp, origin varchar, outcome varchar, code varchar,
    decided_at timestamp, settled_at timestamp, run_id varchar
);
create table if not exists consent_statements (
    store varchar, email_digest varchar, origin varchar, opted_in boolean, changed_at timestamp,
    is_dated boolean, by_person boolean, received_at timestamp, run_id varchar
);
create table if not exists consents (
    store varchar, email_digest varchar, customer_key bigint, opted_in boolean, changed_at
    timestamp, origin varchar, is_dated boolean, is_settled boolean, decided_at timestamp
);
create table if not exists contact_deletions (
    store varchar, source varchar, contact_id varchar, deleted_at timestamp, run_id varchar
);
create table if not exists contacts (
    store varchar, contact_id varchar, source varchar, customer_id varchar, email varchar,
    first_name varchar, last_name varchar, phone varchar, birth_date date, document varchar,
    document_type varchar, is_corporate boolean, gender varchar, newsletter_opt_in boolean,
    sms_opt_in boolean, whatsapp_opt_in boolean, ads_opt_in boolean, locale varchar, extra_fields
    json, created_at timestamp, updated_at timestamp, last_interaction_at timestamp
);
create table if not exists coupons (
    store varchar, promo_code_key varchar, promo_code varchar, utm_source varchar, utm_campaign
    varchar, is_archived boolean, max_usage bigint, last_modified_at timestamp
);
create table if not exists customer_merges (
    store varchar, customer_key bigint, merged_customer_key bigint, merged_at timestamp, reason
    varchar
);
create table if not exists customer_splits (
    store varchar, customer_key bigint, new_customer_key bigint, split_at timestamp
);
create table if not exists customers (
    store varchar, customer_key bigint, customer_id varchar, email varchar, first_name varchar,
    last_name varchar, phone varchar, birth_date date, document varchar, gender varchar,
    newsletter_opt_in boolean, sms_opt_in boolean, whatsapp_opt_in boolean, ads_opt_in boolean,
    locale varchar, extra_fields json, first_seen_at timestamp, deleted_at timestamp
);
create table if not exists email_bounces (
    store varchar, email_digest varchar, origin varchar, bounced_at timestamp, run_id varchar
);
create table if not exists identity_conflicts (
    store varchar, kind varchar, value varchar, customer_key bigint, other_customer_key bigint,
    reason varchar, order_count bigint, first_order_id varchar
);
create table if not exists identity_links (
    store varchar, kind varchar, value varchar, customer_key bigint, reason varchar, linked_at
    timestamp
);
create table if not exists order_customers (
    store varchar, order_id varchar, customer_key bigint, match_rule varchar
);
create table if not exists order_items (
    store varchar, order_id varchar, line_no bigint, sku varchar, product_id varchar, ref_id
    varchar, product varchar, brand varchar, category_id varchar, category_path_ids varchar[],
    category_names varchar[], category varchar, seller varchar, quantity bigint, amount_cents
    bigint, is_gift boolean, line_key varchar, list_cents bigint, detail_url varchar, image_url
    varchar, product_name varchar, sku_name varchar, services_cents bigint
);
create table if not exists order_promo_codes (
    store varchar, order_id varchar, promo_code_key varchar, promo_code varchar, is_applied boolean
);
create table if not exists order_refunds (
    store varchar, order_id varchar, source varchar, receipt varchar, refunded_at timestamp,
    amount_cents bigint
);
create table if not exists orders (
    store varchar, order_id varchar, source varchar, order_group varchar, origin varchar,
    affiliate_id varchar, hostname varchar, sales_channel varchar, status varchar, is_completed
    boolean, created_at timestamp, authorized_at timestamp, invoiced_at timestamp, last_change_at
    timestamp, value_cents bigint, items_cents bigint, totals_cents bigint, currency varchar,
    promo_code varchar, refund_of varchar, user_profile_id varchar, customer_id varchar, email
    varchar, document varchar, document_type varchar, is_corporate boolean, phone varchar,
    first_name varchar, last_name varchar, locale varchar, newsletter_opt_in boolean, payment_method
    varchar, payment_methods varchar[], installments bigint, discount_cents bigint, shipping_cents
    bigint, change_cents bigint, country varchar, state varchar, city varchar, postal_prefix
    varchar, delivery_types varchar[], pickup_points varchar[], utm_source varchar, utm_medium
    varchar, utm_campaign varchar
);
create table if not exists own_fields (
    store varchar, as_of date, field varchar, type varchar, unit varchar, definition varchar,
    problem varchar
);
create table if not exists prediction_backtests (
    store varchar, as_of date, cutoff_on date, horizon_days bigint, model varchar, metric varchar,
    value double, baseline varchar, baseline_value double
);
create table if not exists prediction_calibration (
    store varchar, as_of date, cutoff_on date, horizon_days bigint, tenth bigint, customers bigint,
    predicted_orders double, actual_orders double, predicted_amount double, actual_amount double
);
create table if not exists prediction_models (
    store varchar, as_of date, model varchar, parameter varchar, value double, log_likelihood
    double, customers bigint
);
create table if not exists profile_runs (
    run_id varchar, store varchar, as_of date, customer_count bigint, kept_at timestamp,
    history_since date
);
create table if not exists profile_texts (
    store varchar, code uinteger, text varchar
);
create table if not exists promotions (
    store varchar, promotion_id varchar, promotion varchar, promotion_type varchar, is_active
    boolean, is_archived boolean, starts_at timestamp, ends_at timestamp
);
create table if not exists purchase_lines (
    store varchar, purchase_no bigint, customer_key bigint, product varchar, category varchar, brand
    varchar, quantity bigint, amount_cents bigint, discount_cents bigint, sku varchar, product_id
    varchar, seller varchar
);
create table if not exists purchase_orders (
    store varchar, purchase_no bigint, order_id varchar
);
create table if not exists purchase_promo_codes (
    store varchar, purchase_no bigint, customer_key bigint, promo_code varchar, is_applied boolean
);
create table if not exists purchases (
    store varchar, purchase_no bigint, order_id varchar, customer_key bigint, purchased_at
    timestamp, purchased_on date, amount_cents bigint, gross_cents bigint, refund_cents bigint,
    order_count bigint, sales_channel varchar, is_marketplace boolean
);
create table if not exists push_addresses (
    destination varchar, store varchar, entity varchar, record_id varchar, address varchar, state
    varchar, noted_at timestamp
);
create table if not exists push_batches (
    batch_id varchar, run_id varchar, destination varchar, store varchar, entity varchar,
    record_count bigint, attempted_at timestamp
);
create table if not exists push_confirmations (
    destination varchar, store varchar, entity varchar, run_id varchar, confirmed_at timestamp
);
create table if not exists push_exports (
    export_id varchar, destination varchar, store varchar, entity varchar, dated_by varchar, from_on
    date, to_on date, status varchar, record_count bigint, done_count bigint, refused_count bigint,
    started_at timestamp, updated_at timestamp, finished_at timestamp, run_id varchar
);
create table if not exists push_intents (
    destination varchar, store varchar, entity varchar, record_id varchar, batch_id varchar, run_id
    varchar, intended_at timestamp, memo varchar, remote_key varchar
);
create table if not exists push_job_records (
    job_id varchar, destination varchar, store varchar, entity varchar, record_id varchar, hash
    varchar, remote_key varchar
);
create table if not exists push_jobs (
    job_id varchar, destination varchar, store varchar, entity varchar, run_id varchar, batch_id
    varchar, record_count bigint, started_at timestamp, finished_at timestamp, status varchar
);
create table if not exists push_records (
    destination varchar, store varchar, entity varchar, record_id varchar, hash varchar, outcome
    varchar, code varchar, message varchar, attempted_at timestamp, accepted_at timestamp, batch_id
    varchar, remote_key varchar, memo varchar, export_id varchar
);
create table if not exists push_runs (
    run_id varchar, destination varchar, store varchar, started_at timestamp, finished_at timestamp,
    status varchar, summary json, entity varchar
);
create table if not exists reconciliation (
    store varchar, day_on date, listed_count bigint, stored_count bigint, set_aside_count bigint,
    list_differs_count bigint, detail_cents bigint, stored_cents bigint, missing_count bigint,
    unlisted_count bigint, differing_count bigint, unexplained_count bigint, unexplained_cents
    bigint, limit_share double, is_whole_day boolean, reconciled_at timestamp, run_id varchar,
    found_by_id_count bigint
);
create table if not exists replenishment (
    store varchar, as_of date, sku varchar, category varchar, buyers bigint, people bigint, gaps
    bigint, p25_days double, median_days double, p75_days double
);
create table if not exists resolve_report (
    store varchar, finding varchar, detail varchar, row_count bigint, amount_cents bigint
);
create table if not exists sales_channels (
    store varchar, sales_channel varchar, sales_channel_name varchar, currency varchar, time_zone
    varchar, country varchar, is_active boolean
);
create table if not exists segment_history (
    store varchar, customer_key bigint, rfm_segment varchar, rfm_group varchar, r_score bigint,
    f_score bigint, m_score bigint, valid_from date, valid_to date
);
create table if not exists skus (
    store varchar, sku varchar, product_id varchar, ref_id varchar, sku_name varchar, product
    varchar, brand_id varchar, brand varchar, category_id varchar, category_path_ids varchar[],
    category_names varchar[], is_active boolean, detail_url varchar, image_url varchar
);
create table if not exists unmatched_refunds (
    store varchar, order_id varchar, customer_key bigint, refunded_at timestamp, refund_cents
    bigint, unmatched_cents bigint, receipt varchar, refund_of varchar, currency varchar, reason
    varchar
);
create table if not exists raw.imported_customers (
    store varchar, customer_id varchar, email varchar, first_name varchar, last_name varchar, phone
    varchar, birth_date date, document varchar, gender varchar, newsletter_opt_in boolean,
    sms_opt_in boolean, whatsapp_opt_in boolean, ads_opt_in boolean, locale varchar, extra_fields
    json, pulled_at timestamp, run_id varchar
);
create table if not exists raw.imported_items (
    store varchar, order_id varchar, line_no bigint, sku varchar, quantity bigint, amount_cents
    bigint, product varchar, brand varchar, category varchar, pulled_at timestamp, run_id varchar
);
create table if not exists raw.imported_orders (
    store varchar, order_id varchar, customer_id varchar, email varchar, ordered_at timestamp,
    amount_cents bigint, currency varchar, status varchar, promo_code varchar, refund_of varchar,
    source_file varchar, source_line bigint, pulled_at timestamp, run_id varchar
);
create table if not exists raw.vtex_brands (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id
    varchar
);
create table if not exists raw.vtex_categories (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id
    varchar
);
create table if not exists raw.vtex_coupons (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id
    varchar
);
create table if not exists raw.vtex_customers (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id
    varchar
);
create table if not exists raw.vtex_orders (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id
    varchar
);
create table if not exists raw.vtex_promotions (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id
    varchar
);
create table if not exists raw.vtex_sales_channels (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id
    varchar
);
create table if not exists raw.vtex_skus (
    store varchar, key varchar, payload json, changed_at timestamp, pulled_at timestamp, run_id
    varchar
);
create table if not exists state.consent_addresses (
    store varchar, email_digest varchar, email varchar, kept_at timestamp
);
create table if not exists state.consent_exports (
    store varchar, destination varchar, export_id varchar, started_at timestamp
);
create table if not exists state.consent_known (
    store varchar, party varchar, subject varchar, email_digest varchar, opted_in boolean, known_at
    timestamp, written_at timestamp
);
create table if not exists state.consent_looks (
    store varchar, party varchar, looked_at timestamp
);
create table if not exists state.consent_wishes (
    store varchar, destination varchar, email_digest varchar, opted_in boolean, changed_at
    timestamp, origin varchar
);
create table if not exists state.control_salt (
    salt varchar
);
create table if not exists state.differing_orders (
    store varchar, order_id varchar, day_on date, kind varchar, cents bigint, found_at timestamp,
    run_id varchar
);
create table if not exists state.incomplete_orders (
    store varchar, order_id varchar, created_at timestamp, asked_at timestamp, tries bigint, is_done
    boolean
);
create table if not exists state.kept_settings (
    store varchar, setting varchar, value varchar
);
create table if not exists state.order_listing (
    store varchar, order_id varchar, status varchar, total_value double, is_complete boolean,
    authorized_at timestamp, last_change_at timestamp, detail_at timestamp, detail_status varchar,
    detail_cents bigint, detail_changed_at timestamp, invoice_input varchar
);
create table if not exists state.rejects (
    store varchar, entity varchar, key varchar, reason varchar, payload varchar, source varchar,
    line bigint, rejected_at timestamp, run_id varchar
);
create table if not exists state.resolved (
    store varchar, rules varchar, run_id varchar, resolved_at timestamp
);
create table if not exists state.runs (
    run_id varchar, job varchar, store varchar, started_at timestamp, finished_at timestamp, status
    varchar, summary json
);
create table if not exists state.schema_version (
    version integer, created_by varchar
);
create table if not exists state.tombstone_salt (
    salt varchar
);
create table if not exists state.tombstones (
    store varchar, kind varchar, digest varchar, customer_key bigint, forgotten_at timestamp, salt
    varchar, certificate varchar, is_exact boolean
);
create table if not exists state.tombstones_read (
    byte_count bigint, is_checked boolean
);
create table if not exists state.watermarks (
    store varchar, entity varchar, watermark_at timestamp, run_id varchar, updated_at timestamp
);
