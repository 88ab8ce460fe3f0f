-- The made-up shop as if it had been synced: typed tables of the warehouse, from which a resolve makes
-- customers and purchases. Variables: shop (the folder of the Parquet files); first_no and last_no, the
-- purchases to take, both inside. Contacts come with the first of them.
insert into contacts by name
select
    'shop' as store,
    'vtex' as source,
    customer_id as contact_id,
    customer_id,
    email,
    first_name,
    last_name,
    phone,
    birth_date,
    document,
    false as is_corporate,
    gender,
    newsletter_opt_in,
    locale,
    extra_fields::json as extra_fields,
    timestamp '2000-01-01' + to_seconds(customer_key) as created_at
from read_parquet(getvariable('shop') || '/customers.parquet')
where getvariable('first_no') = 1;

insert into orders by name
select
    'shop' as store,
    format('{:013d}-01', purchase_no) as order_id,
    'vtex' as source,
    'invoiced' as status,
    true as is_completed,
    purchased_on + to_hours((hash(purchased_on) % 24)::integer) as created_at,
    created_at as authorized_at,
    created_at as invoiced_at,
    amount_cents as value_cents,
    'BRL' as currency,
    (1 + hash(purchase_no) % 12)::varchar as sales_channel,
    customers.customer_id as user_profile_id,
    false as is_corporate,
    'S' || hash(customer_key) % 27 as state,
    'City ' || hash(customer_key) % 4000 as city,
    (10000 + hash(customer_key) % 80000)::varchar as postal_prefix,
    ['delivery'] as delivery_types,
    'source ' || hash(purchase_no) % 9 as utm_source,
    'campaign ' || hash(purchase_no) % 300 as utm_campaign
from read_parquet(getvariable('shop') || '/purchases.parquet') as purchases
inner join read_parquet(getvariable('shop') || '/customers.parquet') as customers
    using (customer_key)
where purchase_no between getvariable('first_no') and getvariable('last_no');

insert into order_items by name
select
    'shop' as store,
    format('{:013d}-01', purchase_no) as order_id,
    file_row_number as line_no,
    product,
    category,
    brand,
    quantity,
    quantity * (500 + hash(product) % 20000)::bigint as amount_cents,
    amount_cents + case when hash(purchase_no) % 5 = 0 then 500 else 0 end as list_cents,
    false as is_gift
from read_parquet(getvariable('shop') || '/lines.parquet', file_row_number = true)
where purchase_no between getvariable('first_no') and getvariable('last_no');

insert into order_promo_codes by name
select
    'shop' as store,
    format('{:013d}-01', purchase_no) as order_id,
    lower(promo_code) as promo_code_key,
    promo_code,
    is_applied
from read_parquet(getvariable('shop') || '/promo_codes.parquet')
where purchase_no between getvariable('first_no') and getvariable('last_no');

-- As after a load: the store is to be resolved.
delete from state.resolved where store = 'shop';
