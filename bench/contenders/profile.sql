-- The whole profile table in DuckDB, as fast as we could make it. Variables: shop (the folder of the
-- four Parquet files) and as_of. Leaves the view `profiles`; grain: one row per customer.
--
-- Texts become ENUM codes whose order is the order of the texts. Ages become one bit of six; a
-- distinct (customer, value) pair keeps the bits of all ages it was seen at, and bit 64 when it is of
-- the last purchase. Per customer and dimension there is one sorted list of such pairs, packed as
-- code << 7 | bits; each window is a filter over it. Sums are kept per age and added to windows at
-- the end. Scores come from cut points, those from counts of equal values.

create type product_name as enum (
    select distinct product from read_parquet(getvariable('shop') || '/lines.parquet')
    where product is not null order by product
);
create type category_name as enum (
    select distinct category from read_parquet(getvariable('shop') || '/lines.parquet')
    where category is not null order by category
);
create type brand_name as enum (
    select distinct brand from read_parquet(getvariable('shop') || '/lines.parquet')
    where brand is not null order by brand
);
create type code_name as enum (
    select distinct promo_code from read_parquet(getvariable('shop') || '/promo_codes.parquet')
    where promo_code is not null order by promo_code
);

-- Reading a code by joining a text is faster than casting it: the join works on Parquet's dictionary.
create temp table product_codes as
select name::varchar as product, enum_code(name)::uinteger as code
from (select unnest(enum_range(null::product_name))::product_name as name);

create temp table category_codes as
select name::varchar as category, enum_code(name)::uinteger as code
from (select unnest(enum_range(null::category_name))::category_name as name);

create temp table brand_codes as
select name::varchar as brand, enum_code(name)::uinteger as code
from (select unnest(enum_range(null::brand_name))::brand_name as name);

create temp table promo_code_codes as
select name::varchar as promo_code, enum_code(name)::uinteger as code
from (select unnest(enum_range(null::code_name))::code_name as name);

create temp table known as
select
    customer_key,
    purchase_no,
    purchased_on,
    amount_cents,
    (getvariable('as_of') - purchased_on)::integer as age,
    case
        when age <= 30 then 1
        when age <= 60 then 2
        when age <= 90 then 4
        when age <= 180 then 8
        when age <= 360 then 16
        else 32
    end::utinyint as bits
from read_parquet(getvariable('shop') || '/purchases.parquet')
where purchased_on <= getvariable('as_of');

create temp table sums as
select
    customer_key,
    min(purchased_on) as first_on,
    max(purchased_on) as last_on,
    max(purchase_no) as last_no,
    arg_max(amount_cents, purchase_no) as last_cents,
    min(age) as recency,
    min(age) filter (bits = 32) as old_recency,
    count(*) filter (bits = 1)::integer as orders_1,
    count(*) filter (bits = 2)::integer as orders_2,
    count(*) filter (bits = 4)::integer as orders_4,
    count(*) filter (bits = 8)::integer as orders_8,
    count(*) filter (bits = 16)::integer as orders_16,
    count(*) filter (bits = 32)::integer as orders_32,
    sum(amount_cents) filter (bits = 1)::bigint as cents_1,
    sum(amount_cents) filter (bits = 2)::bigint as cents_2,
    sum(amount_cents) filter (bits = 4)::bigint as cents_4,
    sum(amount_cents) filter (bits = 8)::bigint as cents_8,
    sum(amount_cents) filter (bits = 16)::bigint as cents_16,
    sum(amount_cents) filter (bits = 32)::bigint as cents_32
from known
group by customer_key;

create temp table bought as
select
    known.purchase_no,
    known.customer_key::ubigint << 32 as stem,
    (known.bits | case when known.purchase_no = sums.last_no then 64 else 0 end)::utinyint as bits
from known
inner join sums using (customer_key);

create temp table sold as
select
    bought.stem,
    bought.bits,
    product_codes.code as product,
    category_codes.code as category,
    brand_codes.code as brand,
    lines.quantity::integer as quantity
from read_parquet(getvariable('shop') || '/lines.parquet') as lines
inner join bought using (purchase_no)
left join product_codes using (product)
left join category_codes using (category)
left join brand_codes using (brand);

create temp table typed_codes as
select
    bought.stem | promo_code_codes.code as pair,
    bought.bits,
    promo_codes.is_applied
from read_parquet(getvariable('shop') || '/promo_codes.parquet') as promo_codes
inner join bought using (purchase_no)
inner join promo_code_codes using (promo_code);

create temp table items as
select
    (stem >> 32)::bigint as customer_key,
    sum(quantity) filter (bits & 1 <> 0)::bigint as items_1,
    sum(quantity) filter (bits & 2 <> 0)::bigint as items_2,
    sum(quantity) filter (bits & 4 <> 0)::bigint as items_4,
    sum(quantity) filter (bits & 8 <> 0)::bigint as items_8,
    sum(quantity) filter (bits & 16 <> 0)::bigint as items_16,
    sum(quantity) filter (bits & 32 <> 0)::bigint as items_32
from sold
group by stem;

-- One row per customer and distinct value, with the bits of every age it was seen at.
create temp table product_pairs as
select stem | product as pair, bit_or(bits) as bits
from sold where product is not null group by pair;

create temp table category_pairs as
select stem | category as pair, bit_or(bits) as bits
from sold where category is not null group by pair;

create temp table brand_pairs as
select stem | brand as pair, bit_or(bits) as bits
from sold where brand is not null group by pair;

create temp table code_pairs as
select pair, bit_or(bits) as bits
from typed_codes group by pair;

create temp table applied_code_pairs as
select pair, bit_or(bits) as bits
from typed_codes where is_applied group by pair;

set variable product_names = (
    select list(name order by name)
    from (select unnest(enum_range(null::product_name))::product_name as name)
);
set variable category_names = (
    select list(name order by name)
    from (select unnest(enum_range(null::category_name))::category_name as name)
);
set variable brand_names = (
    select list(name order by name)
    from (select unnest(enum_range(null::brand_name))::brand_name as name)
);
set variable code_names = (
    select list(name order by name)
    from (select unnest(enum_range(null::code_name))::code_name as name)
);

-- One sorted list of values per customer and dimension: packed words are the fastest to sort.
create macro lists_of(pairs, names) as table
with packed as (
    select
        (pair >> 32)::bigint as customer_key,
        list_sort(list(((pair & 16777215)::uinteger << 7) | bits)) as words
    from query_table(pairs)
    group by pair >> 32
)

select
    customer_key,
    list_zip(
        list_select(names, [(word >> 7) + 1 for word in words]),
        [(word & 127)::utinyint for word in words]
    ) as values
from packed;

create temp table products as from lists_of('product_pairs', getvariable('product_names'));
create temp table categories as from lists_of('category_pairs', getvariable('category_names'));
create temp table brands as from lists_of('brand_pairs', getvariable('brand_names'));
create temp table codes as from lists_of('code_pairs', getvariable('code_names'));
create temp table applied_codes as from lists_of('applied_code_pairs', getvariable('code_names'));

create temp table wide as
select
    customer_key,
    first_on,
    last_on,
    last_cents,
    recency,
    old_recency,
    orders_1 as orders_30d,
    orders_30d + orders_2 as orders_60d,
    orders_60d + orders_4 as orders_90d,
    orders_90d + orders_8 as orders_180d,
    orders_180d + orders_16 as orders_360d,
    orders_32 as orders_360d_plus,
    orders_360d + orders_32 as orders_lifetime,
    coalesce(cents_1, 0) as cents_30d,
    cents_30d + coalesce(cents_2, 0) as cents_60d,
    cents_60d + coalesce(cents_4, 0) as cents_90d,
    cents_90d + coalesce(cents_8, 0) as cents_180d,
    cents_180d + coalesce(cents_16, 0) as cents_360d,
    coalesce(cents_32, 0) as cents_360d_plus,
    cents_360d + cents_360d_plus as cents_lifetime
from sums;

-- The lowest values of the scores 2 to 5; a class that stays empty begins beyond every value.
create macro beginnings(two, three, four, five) as [
    coalesce(two, 9223372036854775807), coalesce(three, 9223372036854775807),
    coalesce(four, 9223372036854775807), coalesce(five, 9223372036854775807)
];

create macro fifths(value, orders) as table
with counted as (
    select value::bigint as v, count(*) as n from wide where orders > 0 group by v
),

scored as (
    select v, 1 + 5 * (2 * (sum(n) over (order by v) - n) + n) // (2 * sum(n) over ()) as score
    from counted
)

select beginnings(
    min(v) filter (score >= 2), min(v) filter (score >= 3),
    min(v) filter (score >= 4), min(v) filter (score >= 5)
) as cuts
from scored;

-- Repeat buyers climb one class at most from count to count: a running minimum of what is left over.
create macro steps(orders) as table
with counted as (
    select orders::bigint as v, count(*) as n from wide where orders > 1 group by v
),

reached as (
    select
        v,
        row_number() over (order by v) as place,
        2 + 4 * (sum(n) over (order by v) - n) // sum(n) over () as score
    from counted
),

scored as (
    select v, place + min(score - place) over (order by v) as score from reached
)

select beginnings(
    min(v) filter (score >= 2), min(v) filter (score >= 3),
    min(v) filter (score >= 4), min(v) filter (score >= 5)
) as cuts
from scored;

create macro score(value, cuts) as case
    when value < cuts[1] then 1
    when value < cuts[2] then 2
    when value < cuts[3] then 3
    when value < cuts[4] then 4
    else 5
end;

set variable r_30d = (select cuts from fifths(-recency, orders_30d));
set variable r_60d = (select cuts from fifths(-recency, orders_60d));
set variable r_90d = (select cuts from fifths(-recency, orders_90d));
set variable r_180d = (select cuts from fifths(-recency, orders_180d));
set variable r_360d = (select cuts from fifths(-recency, orders_360d));
set variable r_360d_plus = (select cuts from fifths(-old_recency, orders_360d_plus));
set variable r_lifetime = (select cuts from fifths(-recency, orders_lifetime));
set variable f_30d = (select cuts from steps(orders_30d));
set variable f_60d = (select cuts from steps(orders_60d));
set variable f_90d = (select cuts from steps(orders_90d));
set variable f_180d = (select cuts from steps(orders_180d));
set variable f_360d = (select cuts from steps(orders_360d));
set variable f_360d_plus = (select cuts from steps(orders_360d_plus));
set variable f_lifetime = (select cuts from steps(orders_lifetime));
set variable m_30d = (select cuts from fifths(cents_30d, orders_30d));
set variable m_60d = (select cuts from fifths(cents_60d, orders_60d));
set variable m_90d = (select cuts from fifths(cents_90d, orders_90d));
set variable m_180d = (select cuts from fifths(cents_180d, orders_180d));
set variable m_360d = (select cuts from fifths(cents_360d, orders_360d));
set variable m_360d_plus = (select cuts from fifths(cents_360d_plus, orders_360d_plus));
set variable m_lifetime = (select cuts from fifths(cents_lifetime, orders_lifetime));

create macro names_in(values, wanted) as [value[1] for value in coalesce(values, []) if value[2] & wanted <> 0];
create macro units(cents) as cents::decimal(16, 0) * 0.01::decimal(2, 2);
create macro average(cents, orders) as units((2 * cents + orders) // (2 * orders));

create view profiles as
with found as (
    select
        customers.*,
        wide.* exclude (customer_key),
        items.* exclude (customer_key),
        products.values as products,
        categories.values as categories,
        brands.values as brands,
        codes.values as promo_codes,
        applied_codes.values as applied_promo_codes
    from read_parquet(getvariable('shop') || '/customers.parquet') as customers
    left join wide using (customer_key)
    left join items using (customer_key)
    left join products using (customer_key)
    left join categories using (customer_key)
    left join brands using (customer_key)
    left join codes using (customer_key)
    left join applied_codes using (customer_key)
),

scored as (
    select
        *,
        score(-recency, getvariable('r_30d')) as r_30d,
        score(orders_30d, getvariable('f_30d')) as f_30d,
        score(cents_30d, getvariable('m_30d')) as m_30d,
        score(-recency, getvariable('r_60d')) as r_60d,
        score(orders_60d, getvariable('f_60d')) as f_60d,
        score(cents_60d, getvariable('m_60d')) as m_60d,
        score(-recency, getvariable('r_90d')) as r_90d,
        score(orders_90d, getvariable('f_90d')) as f_90d,
        score(cents_90d, getvariable('m_90d')) as m_90d,
        score(-recency, getvariable('r_180d')) as r_180d,
        score(orders_180d, getvariable('f_180d')) as f_180d,
        score(cents_180d, getvariable('m_180d')) as m_180d,
        score(-recency, getvariable('r_360d')) as r_360d,
        score(orders_360d, getvariable('f_360d')) as f_360d,
        score(cents_360d, getvariable('m_360d')) as m_360d,
        score(-old_recency, getvariable('r_360d_plus')) as r_360d_plus,
        score(orders_360d_plus, getvariable('f_360d_plus')) as f_360d_plus,
        score(cents_360d_plus, getvariable('m_360d_plus')) as m_360d_plus,
        score(-recency, getvariable('r_lifetime')) as r_lifetime,
        score(orders_lifetime, getvariable('f_lifetime')) as f_lifetime,
        score(cents_lifetime, getvariable('m_lifetime')) as m_lifetime
    from found
)

select
    customer_key, customer_id, email, first_name, last_name, phone, birth_date, document, gender,
    newsletter_opt_in, locale, extra_fields,
    first_on as first_purchase_date,
    last_on as last_purchase_date,
    (getvariable('as_of') - first_on)::integer as days_since_first_purchase,
    recency as days_since_last_purchase,
    null::date as history_since, -- the warehouse says it, not the four tables
    coalesce(orders_30d, 0)::integer as orders_30d,
    coalesce(orders_60d, 0)::integer as orders_60d,
    coalesce(orders_90d, 0)::integer as orders_90d,
    coalesce(orders_180d, 0)::integer as orders_180d,
    coalesce(orders_360d, 0)::integer as orders_360d,
    coalesce(orders_360d_plus, 0)::integer as orders_360d_plus,
    coalesce(orders_lifetime, 0)::integer as orders_lifetime,
    coalesce(items_1, 0) as items_30d,
    items_30d + coalesce(items_2, 0) as items_60d,
    items_60d + coalesce(items_4, 0) as items_90d,
    items_90d + coalesce(items_8, 0) as items_180d,
    items_180d + coalesce(items_16, 0) as items_360d,
    coalesce(items_32, 0) as items_360d_plus,
    items_360d + items_360d_plus as items_lifetime,
    units(coalesce(cents_30d, 0)) as amount_30d,
    units(coalesce(cents_60d, 0)) as amount_60d,
    units(coalesce(cents_90d, 0)) as amount_90d,
    units(coalesce(cents_180d, 0)) as amount_180d,
    units(coalesce(cents_360d, 0)) as amount_360d,
    units(coalesce(cents_360d_plus, 0)) as amount_360d_plus,
    units(coalesce(cents_lifetime, 0)) as amount_lifetime,
    case when orders_30d > 0 then average(cents_30d, orders_30d) end as avg_amount_30d,
    case when orders_60d > 0 then average(cents_60d, orders_60d) end as avg_amount_60d,
    case when orders_90d > 0 then average(cents_90d, orders_90d) end as avg_amount_90d,
    case when orders_180d > 0 then average(cents_180d, orders_180d) end as avg_amount_180d,
    case when orders_360d > 0 then average(cents_360d, orders_360d) end as avg_amount_360d,
    case when orders_360d_plus > 0 then average(cents_360d_plus, orders_360d_plus) end as avg_amount_360d_plus,
    case when orders_lifetime > 0 then average(cents_lifetime, orders_lifetime) end as avg_amount_lifetime,
    units(last_cents) as last_purchase_amount,
    names_in(products, 1) as products_30d,
    names_in(products, 3) as products_60d,
    names_in(products, 7) as products_90d,
    names_in(products, 15) as products_180d,
    names_in(products, 31) as products_360d,
    names_in(products, 32) as products_360d_plus,
    names_in(products, 63) as products_lifetime,
    names_in(categories, 1) as categories_30d,
    names_in(categories, 3) as categories_60d,
    names_in(categories, 7) as categories_90d,
    names_in(categories, 15) as categories_180d,
    names_in(categories, 31) as categories_360d,
    names_in(categories, 32) as categories_360d_plus,
    names_in(categories, 63) as categories_lifetime,
    names_in(brands, 1) as brands_30d,
    names_in(brands, 3) as brands_60d,
    names_in(brands, 7) as brands_90d,
    names_in(brands, 15) as brands_180d,
    names_in(brands, 31) as brands_360d,
    names_in(brands, 32) as brands_360d_plus,
    names_in(brands, 63) as brands_lifetime,
    names_in(promo_codes, 1) as promo_codes_30d,
    names_in(promo_codes, 3) as promo_codes_60d,
    names_in(promo_codes, 7) as promo_codes_90d,
    names_in(promo_codes, 15) as promo_codes_180d,
    names_in(promo_codes, 31) as promo_codes_360d,
    names_in(promo_codes, 32) as promo_codes_360d_plus,
    names_in(promo_codes, 63) as promo_codes_lifetime,
    names_in(applied_promo_codes, 1) as applied_promo_codes_30d,
    names_in(applied_promo_codes, 3) as applied_promo_codes_60d,
    names_in(applied_promo_codes, 7) as applied_promo_codes_90d,
    names_in(applied_promo_codes, 15) as applied_promo_codes_180d,
    names_in(applied_promo_codes, 31) as applied_promo_codes_360d,
    names_in(applied_promo_codes, 32) as applied_promo_codes_360d_plus,
    names_in(applied_promo_codes, 63) as applied_promo_codes_lifetime,
    names_in(brands, 64) as last_purchase_brands,
    names_in(categories, 64) as last_purchase_categories,
    names_in(promo_codes, 64) as last_purchase_promo_codes,
    case when orders_30d > 0 then (100 * r_30d + 10 * f_30d + m_30d)::varchar end as rfm_30d,
    case when orders_60d > 0 then (100 * r_60d + 10 * f_60d + m_60d)::varchar end as rfm_60d,
    case when orders_90d > 0 then (100 * r_90d + 10 * f_90d + m_90d)::varchar end as rfm_90d,
    case when orders_180d > 0 then (100 * r_180d + 10 * f_180d + m_180d)::varchar end as rfm_180d,
    case when orders_360d > 0 then (100 * r_360d + 10 * f_360d + m_360d)::varchar end as rfm_360d,
    case when orders_360d_plus > 0 then (100 * r_360d_plus + 10 * f_360d_plus + m_360d_plus)::varchar end as rfm_360d_plus,
    case when orders_lifetime > 0 then (100 * r_lifetime + 10 * f_lifetime + m_lifetime)::varchar end as rfm_lifetime,
    case when orders_lifetime > 0 then r_lifetime end::tinyint as r_score,
    case when orders_lifetime > 0 then f_lifetime end::tinyint as f_score,
    case when orders_lifetime > 0 then m_lifetime end::tinyint as m_score,
    case
        when orders_lifetime is null then 'PROSPECTS'
        when f_score = 1 then 'BEGINNERS'
        when f_score <= 3 then 'FREQUENT'
        else 'LOYAL'
    end as rfm_group,
    case
        when orders_lifetime is null then 'PROSPECTS'
        when r_score = 3 then rfm_group || '_NEEDS_ATTENTION'
        when r_score < 3 and m_score < 4 and f_score = 1 then 'BEGINNERS_LOSE_IT'
        when r_score < 3 and m_score < 4 then rfm_group || '_HIBERNATING'
        when r_score < 3 and f_score > 3 then 'LOYAL_CANT_LOSE'
        when r_score < 3 then rfm_group || '_AT_RISK'
        when m_score < 4 and f_score = 1 then 'BEGINNERS_NEW'
        when m_score < 4 then rfm_group || '_ACTIVE'
        when f_score = 1 then 'BEGINNERS_PROMISING'
        when f_score <= 3 then 'FREQUENT_POTENTIAL_LOYAL'
        else 'LOYAL_CHAMPIONS'
    end as rfm_segment,
    null::varchar as previous_rfm_segment,
    null::date as rfm_segment_changed_on
from scored;
