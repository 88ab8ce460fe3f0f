-- sales. Grain: one row per purchase up to as_of, with what the filters and the counting of people need.
-- purchase_rank counts a customer's purchases; previous_* look at the purchase before, of the customer and of
-- the customer in the same channel: whoever was not seen since a stretch began counts once in it.
create or replace temp table labelled as
select
    purchases.purchase_no,
    purchases.customer_key,
    coalesce(purchases.customer_key, -purchases.purchase_no) as person,
    (getvariable('as_of')::date - purchases.purchased_on)::bigint as age,
    purchases.amount_cents,
    profiles.rfm_segment as segment,
    case
        when purchases.is_marketplace then '(marketplace)'
        else coalesce(sales_channels.sales_channel_name, purchases.sales_channel, '(unknown)')
    end as channel
from purchases
left join sales_channels
    on sales_channels.store = purchases.store
    and sales_channels.sales_channel = purchases.sales_channel
left join profiles
    on profiles.store = purchases.store
    and profiles.customer_key = purchases.customer_key
where purchases.store = getvariable('store')
    and purchases.purchased_on <= getvariable('as_of')::date;

create or replace temp table named_channels as
with counted as (
    select channel, count(distinct person) as people, sum(amount_cents) as amount_cents
    from labelled
    group by channel
)

select
    channel,
    case
        when people >= 5 and row_number() over (order by people < 5, amount_cents desc, channel) <= 8
            then channel
        else '(other)'
    end as shown
from counted;

create or replace temp table named_segments as
select
    rfm_segment::varchar as segment,
    case when count(*) >= 5 then rfm_segment::varchar else '(other)' end as shown
from profiles
where store = getvariable('store') and rfm_segment is not null
group by rfm_segment;

create or replace temp table sales as
with ranked as (
    select
        labelled.purchase_no,
        labelled.customer_key,
        labelled.person,
        labelled.age,
        labelled.amount_cents,
        named_channels.shown as channel,
        named_segments.shown as segment,
        case
            when labelled.customer_key is not null
                then row_number() over (partition by labelled.person order by labelled.purchase_no)
        end as purchase_rank
    from labelled
    inner join named_channels on named_channels.channel = labelled.channel
    left join named_segments on named_segments.segment = labelled.segment::varchar
)

select
    *,
    lag(age) over of_person as previous_age,
    lag(purchase_rank) over of_person as previous_rank,
    lag(age) over of_channel as previous_age_in_channel,
    lag(purchase_rank) over of_channel as previous_rank_in_channel
from ranked
window
    of_person as (partition by person order by purchase_no),
    of_channel as (partition by person, channel order by purchase_no);

create or replace temp table filters as
with found as (
    select 1 as kind_no, 'channel' as kind, channel as label, sum(amount_cents) as weight
    from sales
    group by channel
    union all
    select 2, 'segment', segment, null
    from sales
    where segment is not null
    group by segment
)

select 0 as filter_no, 'all' as kind, null as label
union all
select row_number() over (order by kind_no, weight desc, label), kind, label
from found;

create or replace temp view seen as
select 0 as filter_no, age, amount_cents, customer_key, purchase_rank, previous_age, previous_rank
from sales
union all
select
    filters.filter_no,
    sales.age,
    sales.amount_cents,
    sales.customer_key,
    sales.purchase_rank,
    sales.previous_age_in_channel,
    sales.previous_rank_in_channel
from sales
inner join filters on filters.kind = 'channel' and filters.label = sales.channel
union all
select
    filters.filter_no,
    sales.age,
    sales.amount_cents,
    sales.customer_key,
    sales.purchase_rank,
    sales.previous_age,
    sales.previous_rank
from sales
inner join filters on filters.kind = 'segment' and filters.label = sales.segment;
