-- sales. Grain: one row per purchase up to as_of, with what the filters and the counting of people need.
-- person is the customer's key, below 0 for an anonymous purchase; purchase_rank counts a customer's purchases (null
-- for anonymous ones). last_age is the age of the purchase before, of the customer and of the customer in the
-- same channel; 1000000 where there is none: whoever was not seen since a stretch began counts once in it.
-- Bands are the stretches of days whose unions are the periods.
create or replace temp table sold_in as
with found as (
    select
        sales_channel,
        is_marketplace,
        sum(amount_cents) as amount_cents,
        bit_or(person_mark(coalesce(customer_key, -purchase_no))) as marks
    from purchases
    where store = getvariable('store') and purchased_on <= getvariable('as_of')::date
    group by all
)

select
    found.*,
    case
        when found.is_marketplace then '(marketplace)'
        else coalesce(sales_channels.sales_channel_name, found.sales_channel, '(unknown)')
    end as channel
from found
left join sales_channels
    on sales_channels.store = getvariable('store')
    and sales_channels.sales_channel = found.sales_channel;

-- The eight largest channels with five people or more have a name; the others are one.
create or replace temp table channels as
with unsettled as (
    select channel
    from sold_in
    group by channel
    having people_at_least(bit_or(marks)) < 5
),

counted as (
    select sold_in.channel, count(distinct coalesce(purchases.customer_key, -purchases.purchase_no)) as people
    from purchases
    inner join sold_in
        on sold_in.sales_channel is not distinct from purchases.sales_channel
        and sold_in.is_marketplace = purchases.is_marketplace
    where purchases.store = getvariable('store')
        and purchases.purchased_on <= getvariable('as_of')::date
        and sold_in.channel in (select channel from unsettled)
    group by sold_in.channel
),

sized as (
    select sold_in.channel, sum(sold_in.amount_cents) as amount_cents, coalesce(any_value(people), 5) as people
    from sold_in
    left join counted on counted.channel = sold_in.channel
    group by sold_in.channel
),

placed as (
    select channel, people, row_number() over (order by people < 5, amount_cents desc, channel) as place
    from sized
),

shown as (
    select channel, case when people >= 5 and place <= 8 then channel else '(other)' end as label
    from placed
)

select
    sold_in.sales_channel,
    sold_in.is_marketplace,
    shown.label,
    dense_rank() over (order by shown.label)::utinyint as channel_no
from sold_in
inner join shown on shown.channel = sold_in.channel;

-- Segments of fewer than five customers are one; 0 stands for none.
create or replace temp table segments as
with sized as (
    select
        rfm_segment::varchar as segment,
        case when count(*) >= 5 then rfm_segment::varchar else '(other)' end as label
    from profiles
    where store = getvariable('store') and rfm_segment is not null
    group by rfm_segment
)

select segment, label, dense_rank() over (order by label)::utinyint as segment_no
from sized;

create or replace temp table sales as
with placed as (
    select
        purchases.purchase_no,
        coalesce(purchases.customer_key, -purchases.purchase_no) as person,
        (getvariable('as_of')::date - purchases.purchased_on)::int as age,
        case
            when age < 7 then 1
            when age < 14 then 2
            when age < 30 then 3
            when age < 60 then 4
            when age < 90 then 5
            when age < 180 then 6
            when age < 360 then 7
            when age < 720 then 8
            else 9
        end::utinyint as band,
        purchases.amount_cents,
        channels.channel_no
    from purchases
    inner join channels
        on channels.sales_channel is not distinct from purchases.sales_channel
        and channels.is_marketplace = purchases.is_marketplace
    where purchases.store = getvariable('store')
        and purchases.purchased_on <= getvariable('as_of')::date
),

ranked as (
    select
        *,
        case when person > 0 then row_number() over of_person end::int as purchase_rank,
        lag(age, 1, 1000000) over of_person as last_age,
        first_value(age) over of_person as first_age
    from placed
    window of_person as (partition by person order by purchase_no)
),

in_segments as (
    select profiles.customer_key, segments.segment_no
    from profiles
    inner join segments on segments.segment = profiles.rfm_segment::varchar
    where profiles.store = getvariable('store')
)

select
    ranked.*,
    coalesce(in_segments.segment_no, 0)::utinyint as segment_no,
    lag(age, 1, 1000000) over of_channel as last_age_in_channel,
    coalesce(lag(purchase_rank) over of_channel = 1, false) as follows_first_in_channel
from ranked
left join in_segments on in_segments.customer_key = ranked.person
window of_channel as (partition by person, channel_no order by purchase_no);

create or replace temp table filters as
with found as (
    select 1 as kind_no, 'channel' as kind, label, any_value(channel_no) as choice_no
    from channels
    group by label
    union all
    select 2, 'segment', label, any_value(segment_no)
    from segments
    where segment_no in (select segment_no from sales)
    group by label
),

weighed as (
    select channel_no, sum(amount_cents) as weight from sales group by channel_no
)

select 0 as filter_no, 'all' as kind, null as label, null as choice_no
union all
select
    row_number() over (order by found.kind_no, weighed.weight desc, found.label),
    found.kind,
    found.label,
    found.choice_no
from found
left join weighed on found.kind = 'channel' and weighed.channel_no = found.choice_no;
