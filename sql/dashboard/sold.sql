-- What sold, as numbers. things: one row per kind of thing as sold (a product with its category and brand, a
-- promo code, a channel). labels: one row per dimension and thing, what the thing is called there. sold: one row per
-- order line, promo code of a purchase, and purchase. Bands are the stretches of days whose unions are the periods.
create or replace temp table things as
with found as (
    select distinct
        'line' as kind,
        coalesce(product, '(none)') as product,
        coalesce(category, '(none)') as category,
        coalesce(brand, '(none)') as brand,
        null::varchar as other
    from purchase_lines
    where store = getvariable('store')
    union all
    select distinct 'promo_code', null, null, null, promo_code
    from purchase_promo_codes
    where store = getvariable('store')
    union all
    select distinct 'channel', null, null, null, label
    from channels
)

select row_number() over ()::int as thing_no, *
from found;

create or replace temp table labels as
with named as (
    select thing_no, 'product' as dimension, product as label from things where kind = 'line'
    union all
    select thing_no, 'category', category from things where kind = 'line'
    union all
    select thing_no, 'brand', brand from things where kind = 'line'
    union all
    select thing_no, kind, other from things where kind <> 'line'
)

select thing_no, dimension, label, dense_rank() over (partition by dimension order by label)::int as label_no
from named;

create or replace temp table sold as
select
    things.thing_no,
    sales.person,
    sales.channel_no,
    sales.segment_no,
    sales.band,
    lines.amount_cents,
    lines.quantity as units
from purchase_lines as lines
inner join things
    on things.product = coalesce(lines.product, '(none)')
    and things.category = coalesce(lines.category, '(none)')
    and things.brand = coalesce(lines.brand, '(none)')
inner join sales on sales.purchase_no = lines.purchase_no
where lines.store = getvariable('store')
union all
select things.thing_no, person, channel_no, segment_no, band, sales.amount_cents, 1
from purchase_promo_codes as codes
inner join things on things.kind = 'promo_code' and things.other = codes.promo_code
inner join sales on sales.purchase_no = codes.purchase_no
where codes.store = getvariable('store')
union all
select things.thing_no, person, channel_no, segment_no, band, amount_cents, 1
from sales
inner join filters on filters.kind = 'channel' and filters.choice_no = sales.channel_no
inner join things on things.kind = 'channel' and things.other = filters.label;

-- What is enough to choose what is shown: sums per thing, filter and band, and marks of the people.
create or replace temp table tallies as
select
    filters.filter_no,
    sold.thing_no,
    sold.band,
    sum(sold.amount_cents)::bigint as amount_cents,
    sum(sold.units)::bigint as units,
    count(*) as row_count,
    bit_or(person_mark(sold.person)) as marks
from sold
inner join filters on filters.kind = 'segment' and filters.choice_no = sold.segment_no
group by all
union all
select
    filters.filter_no,
    sold.thing_no,
    sold.band,
    sum(sold.amount_cents)::bigint,
    sum(sold.units)::bigint,
    count(*),
    bit_or(person_mark(sold.person))
from sold
inner join filters on filters.kind = 'channel' and filters.choice_no = sold.channel_no
group by all;

insert into tallies
select
    0,
    thing_no,
    band,
    sum(amount_cents),
    sum(units),
    sum(row_count),
    bit_or(marks)
from tallies
inner join filters on filters.kind = 'channel' and filters.filter_no = tallies.filter_no
group by all;
