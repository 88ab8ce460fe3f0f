-- The texts that lines and promo codes are made of, numbered in their order from 0: tables to join, which
-- costs a third of casting each row to an enum. Grain of each: one row per text of the store.
create or replace temp table product_texts as
select product, (row_number() over (order by product) - 1)::uinteger as code
from (
    select distinct product from purchase_lines
    where store = getvariable('store') and product is not null
);

create or replace temp table category_texts as
select category, (row_number() over (order by category) - 1)::uinteger as code
from (
    select distinct category from purchase_lines
    where store = getvariable('store') and category is not null
);

create or replace temp table brand_texts as
select brand, (row_number() over (order by brand) - 1)::uinteger as code
from (
    select distinct brand from purchase_lines
    where store = getvariable('store') and brand is not null
);

create or replace temp table promo_code_texts as
select promo_code, (row_number() over (order by promo_code) - 1)::uinteger as code
from (
    select distinct promo_code from purchase_promo_codes
    where store = getvariable('store') and promo_code is not null
);
