-- name: size
-- How much the profile core has to read: customers, and the rows of the other tables. Grain: one row.
select
    (select count(*) from customers where store = getvariable('store')) as customer_count,
    (select count(*) from purchases where store = getvariable('store'))
    + (select count(*) from numbered_lines where store = getvariable('store'))
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
-- costs a third of casting each row to an enum. Grain: one row per thing of the store; of the others one per text.
create or replace temp table thing_codes as
select
    thing_no,
    case when product is not null then dense_rank() over (order by product nulls last) - 1 end::uinteger
        as product,
    case when category is not null then dense_rank() over (order by category nulls last) - 1 end::uinteger
        as category,
    case when brand is not null then dense_rank() over (order by brand nulls last) - 1 end::uinteger as brand
from sold_things
where store = getvariable('store');

create or replace temp table promo_code_texts as
select promo_code, (row_number() over (order by promo_code) - 1)::uinteger as code
from (
    select distinct promo_code from purchase_promo_codes
    where store = getvariable('store') and promo_code is not null
);

create or replace temp table channel_codes as
select sales_channel, channel, (dense_rank() over (order by channel) - 1)::uinteger as code
from (
    select sales_channel, coalesce(any_value(sales_channels.sales_channel_name), sales_channel) as channel
    from purchases
    left join sales_channels using (store, sales_channel)
    where store = getvariable('store') and sales_channel is not null
    group by sales_channel
);

-- name: texts
-- The vocabularies as lists, in the order of their codes. Grain: one row.
select
    coalesce(list(distinct product order by product) filter (product is not null), []) as product,
    coalesce(list(distinct category order by category) filter (category is not null), []) as category,
    coalesce(list(distinct brand order by brand) filter (brand is not null), []) as brand,
    coalesce((select list(promo_code order by code) from promo_code_texts), []) as promo_code,
    coalesce((select list(distinct channel order by channel) from channel_codes), []) as channel
from sold_things
where store = getvariable('store');

-- name: customers
-- What the profile core reads of customers. Grain: one row per customer of a part, prospects included,
-- those that the source deleted not. A key never changes, and a merge keeps the older one: so does the control bucket.
select
    (md5_number_lower((select salt from state.control_salt) || ':' || customer_key) % 100)::tinyint
        as control_bucket,
    customer_key, customer_id, email, first_name, last_name, phone, birth_date, document, gender,
    newsletter_opt_in, sms_opt_in, whatsapp_opt_in, ads_opt_in, locale,
    nullif(extra_fields::varchar, '{}') as extra_fields
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
    lines.purchase_no,
    thing_codes.product,
    thing_codes.category,
    thing_codes.brand,
    lines.quantity
from numbered_lines as lines
inner join thing_codes on thing_codes.thing_no = lines.thing_no
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

-- name: sales
-- How purchases were made. Grain: one row per purchase of a customer of a part. A discount is known where a line says
-- its list price, or a code was applied.
with discounts as (
    select
        purchase_no,
        sum(amount_cents + discount_cents)::bigint as list_cents,
        sum(discount_cents)::bigint as discount_cents
    from numbered_lines
    where store = getvariable('store')
        and customer_key between getvariable('first_key') and getvariable('last_key')
        and discount_cents is not null
    group by purchase_no
),

applied as (
    select distinct purchase_no
    from purchase_promo_codes
    where store = getvariable('store')
        and customer_key between getvariable('first_key') and getvariable('last_key')
        and is_applied
)

select
    purchases.purchase_no,
    purchases.purchased_at,
    channel_codes.code as channel,
    purchases.refund_cents,
    discounts.list_cents,
    discounts.discount_cents,
    case
        when discounts.discount_cents > 0 or applied.purchase_no is not null then true
        when discounts.purchase_no is not null then false
    end as is_discounted,
    purchases.is_delivered
from purchases
left join discounts on discounts.purchase_no = purchases.purchase_no
left join applied on applied.purchase_no = purchases.purchase_no
left join channel_codes on channel_codes.sales_channel = purchases.sales_channel
where purchases.store = getvariable('store')
    and purchases.customer_key between getvariable('first_key') and getvariable('last_key');

-- name: facts
-- Where purchases came from and went to. Grain: one row per purchase of the registered frame `wanted`. Product, category and
-- brand are those of the dearest line; of several codes an applied one, of those the first in order.
with dearest as (
    select
        lines.purchase_no,
        arg_min(lines.thing_no, (-lines.amount_cents, things.product)) as thing_no
    from numbered_lines as lines
    inner join thing_codes as things on things.thing_no = lines.thing_no
    where lines.store = getvariable('store') and lines.purchase_no in (select purchase_no from wanted)
    group by lines.purchase_no
),

codes as (
    select purchase_no, arg_min(promo_code_texts.code, (not is_applied, promo_code)) as promo_code
    from purchase_promo_codes
    left join promo_code_texts using (promo_code)
    where store = getvariable('store') and purchase_no in (select purchase_no from wanted)
    group by purchase_no
)

select
    purchases.purchase_no,
    thing_codes.product,
    thing_codes.category,
    thing_codes.brand,
    codes.promo_code,
    channel_codes.code as channel,
    orders.utm_source,
    orders.utm_campaign,
    orders.state,
    orders.city,
    orders.postal_prefix
from purchases
left join orders on orders.store = getvariable('store') and orders.order_id = purchases.order_id
left join dearest on dearest.purchase_no = purchases.purchase_no
left join thing_codes on thing_codes.thing_no = dearest.thing_no
left join codes on codes.purchase_no = purchases.purchase_no
left join channel_codes on channel_codes.sales_channel = purchases.sales_channel
where purchases.store = getvariable('store')
    and purchases.purchase_no in (select purchase_no from wanted);
