-- The texts that lines and promo codes are made of, as types whose codes keep the order of the texts.
-- Grain: none; run before lines.sql and promo_codes.sql.
create or replace temp type product_text as enum (
    select distinct product from purchase_lines
    where store = getvariable('store') and product is not null
    order by product
);
create or replace temp type category_text as enum (
    select distinct category from purchase_lines
    where store = getvariable('store') and category is not null
    order by category
);
create or replace temp type brand_text as enum (
    select distinct brand from purchase_lines
    where store = getvariable('store') and brand is not null
    order by brand
);
create or replace temp type promo_code_text as enum (
    select distinct promo_code from purchase_promo_codes
    where store = getvariable('store') and promo_code is not null
    order by promo_code
);
