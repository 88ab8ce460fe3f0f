-- name: size
-- How much the profile core has to read: customers, and the rows of the other tables. Grain: one row.
select
    (select count(*) from customers where store = getvariable('store')) as customer_count,
    (select count(*) from purchases where store = getvariable('store'))
    + (select count(*) from purchase_lines where store = getvariable('store'))
    + (select count(*) from purchase_promo_codes where store = getvariable('store')) as row_count;

-- name: customer_keys
-- Who there is. Grain: one row per customer of a store, prospects included.
select customer_key
from customers
where store = getvariable('store');

-- name: parts
-- The customers of a store cut into parts of neighbouring keys. Grain: one row per part.
with placed as (
    select customer_key, (row_number() over (order by customer_key) - 1) as place
    from customers
    where store = getvariable('store') and deleted_at is null
)

select min(customer_key) as first_key, max(customer_key) as last_key
from placed
group by place // getvariable('customers_per_part')::bigint
order by first_key;

-- name: vocabularies
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

-- name: texts
-- The vocabularies as lists, in the order of their codes. Grain: one row.
select
    coalesce((select list(product order by code) from product_texts), []) as product,
    coalesce((select list(category order by code) from category_texts), []) as category,
    coalesce((select list(brand order by code) from brand_texts), []) as brand,
    coalesce((select list(promo_code order by code) from promo_code_texts), []) as promo_code;

-- name: customers
-- What the profile core reads of customers. Grain: one row per customer of a part, prospects included,
-- those that the source deleted not.
select
    customer_key, customer_id, email, first_name, last_name, phone, birth_date, document, gender,
    newsletter_opt_in, locale, nullif(extra_fields::varchar, '{}') as extra_fields
from customers
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key')
    and deleted_at is null;

-- name: purchases
-- What the profile core reads of purchases. Grain: one row per purchase of a customer of a part.
select customer_key, purchase_no, purchased_on, amount_cents
from purchases
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key')
    and customer_key not in (
        select customer_key from customers
        where store = getvariable('store') and deleted_at is not null
    );

-- name: lines
-- What the profile core reads of lines. Grain: one row per line of a purchase of a customer of a part.
-- Texts are numbers of the vocabularies (see `vocabularies`), which keep the order of the texts.
select
    purchase_no,
    product_texts.code as product,
    category_texts.code as category,
    brand_texts.code as brand,
    quantity
from purchase_lines
left join product_texts using (product)
left join category_texts using (category)
left join brand_texts using (brand)
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key')
    and customer_key not in (
        select customer_key from customers
        where store = getvariable('store') and deleted_at is not null
    );

-- name: promo_codes
-- What the profile core reads of promo codes. Grain: one row per purchase of a part and code typed.
select purchase_no, promo_code_texts.code as promo_code, is_applied
from purchase_promo_codes
left join promo_code_texts using (promo_code)
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key')
    and customer_key not in (
        select customer_key from customers
        where store = getvariable('store') and deleted_at is not null
    );
