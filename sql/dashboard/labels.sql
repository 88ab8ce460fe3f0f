-- What sold, by one dimension: channel, category, brand, product or promo_code. Grain: one row per filter,
-- period and label that is shown: the ten largest by amount and the five smallest of those with five
-- people or more. hidden_count labels are not shown. Bands are the stretches of days whose unions are the periods.
with sold as (
    select
        case getvariable('dimension')
            when 'category' then purchase_lines.category
            when 'brand' then purchase_lines.brand
            else purchase_lines.product
        end as label,
        sales.channel,
        sales.segment,
        sales.person,
        sales.age,
        purchase_lines.amount_cents,
        purchase_lines.quantity
    from purchase_lines
    inner join sales on sales.purchase_no = purchase_lines.purchase_no
    where purchase_lines.store = getvariable('store')
        and getvariable('dimension') in ('category', 'brand', 'product')
    union all
    select
        purchase_promo_codes.promo_code,
        sales.channel,
        sales.segment,
        sales.person,
        sales.age,
        sales.amount_cents,
        1
    from purchase_promo_codes
    inner join sales on sales.purchase_no = purchase_promo_codes.purchase_no
    where purchase_promo_codes.store = getvariable('store')
        and getvariable('dimension') = 'promo_code'
    union all
    select channel, channel, segment, person, age, amount_cents, 1
    from sales
    where getvariable('dimension') = 'channel'
),

named as materialized (
    select label as text, row_number() over (order by label) as label
    from (select distinct coalesce(label, '(none)') as label from sold)
),

held as materialized (
    select
        named.label,
        channel,
        segment,
        person,
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
        end as band,
        sum(amount_cents)::bigint as amount_cents,
        sum(quantity)::bigint as units
    from sold
    inner join named on named.text = coalesce(sold.label, '(none)')
    group by all
),

spans as (
    select *
    from (values
        (1, false, 1, 1), (1, true, 2, 2), (2, false, 1, 3), (2, true, 4, 4), (3, false, 1, 5),
        (3, true, 6, 6), (4, false, 1, 7), (4, true, 8, 8), (5, false, 1, 9)
    ) as bands (period_no, is_before, first_band, last_band)
    where not is_before or period_no in (select period_no from periods where has_before)
),

sums as (
    select label, channel, segment, band, sum(amount_cents) as amount_cents, sum(units) as units
    from held
    group by all
),

filtered_sums as (
    select 0 as filter_no, label, band, sum(amount_cents) as amount_cents, sum(units) as units
    from sums
    group by all
    union all
    select filters.filter_no, sums.label, sums.band, sum(sums.amount_cents), sum(sums.units)
    from sums
    inner join filters on filters.kind = 'channel' and filters.label = sums.channel
    group by all
    union all
    select filters.filter_no, sums.label, sums.band, sum(sums.amount_cents), sum(sums.units)
    from sums
    inner join filters on filters.kind = 'segment' and filters.label = sums.segment
    group by all
),

first_seen as (
    select label, 'segment' as kind, segment as chosen, person, min(band) as band
    from held
    group by label, segment, person
    union all
    select label, 'channel', channel, person, min(band)
    from held
    group by label, channel, person
),

people as (
    select label, kind, chosen, band, count(*) as people, count(*) filter (person > 0) as customers
    from first_seen
    group by all
),

filtered_people as (
    select
        0 as filter_no,
        label,
        band,
        sum(people)::bigint as people,
        sum(customers)::bigint as customers
    from people
    where kind = 'segment'
    group by all
    union all
    select filters.filter_no, people.label, people.band, people.people, people.customers
    from people
    inner join filters on filters.kind = people.kind and filters.label = people.chosen
),

amounts as (
    select
        filtered_sums.filter_no,
        spans.period_no,
        filtered_sums.label,
        sum(amount_cents) filter (not is_before)::bigint as amount_cents,
        sum(units) filter (not is_before)::bigint as units,
        sum(amount_cents) filter (is_before)::bigint as before_cents
    from filtered_sums
    inner join spans on filtered_sums.band between spans.first_band and spans.last_band
    group by all
    having count(*) filter (not is_before) > 0
),

people_before as (
    select label, 'segment' as kind, segment as chosen, band, count(distinct person) as people
    from held
    where band in (2, 4, 6, 8)
    group by label, segment, band
    union all
    select label, 'channel', channel, band, count(distinct person)
    from held
    where band in (2, 4, 6, 8)
    group by label, channel, band
),

filtered_before as (
    select 0 as filter_no, label, band, sum(people)::bigint as people
    from people_before
    where kind = 'segment'
    group by all
    union all
    select filters.filter_no, people_before.label, people_before.band, people_before.people
    from people_before
    inner join filters
        on filters.kind = people_before.kind and filters.label = people_before.chosen
),

counts_before as (
    select filtered_before.filter_no, spans.period_no, filtered_before.label, filtered_before.people
    from filtered_before
    inner join spans on spans.is_before and filtered_before.band = spans.first_band
),

counts as (
    select
        filtered_people.filter_no,
        spans.period_no,
        filtered_people.label,
        sum(people)::bigint as people,
        sum(customers)::bigint as customers
    from filtered_people
    inner join spans
        on not spans.is_before and filtered_people.band between spans.first_band and spans.last_band
    group by all
),

ranked as (
    select
        amounts.*,
        counts.people >= 5 as is_large,
        case when counts.customers not between 1 and 4 then counts.customers end as customers,
        round(100.0 * amount_cents / nullif(sum(amount_cents) over of_all, 0), 1) as share_percent,
        row_number() over (of_all order by counts.people < 5, amount_cents desc, amounts.label) as place,
        count(*) filter (counts.people >= 5) over of_all as large_count,
        count(*) over of_all as label_count
    from amounts
    inner join counts using (filter_no, period_no, label)
    window of_all as (partition by amounts.filter_no, amounts.period_no)
)

select
    ranked.filter_no,
    periods.period,
    ranked.place,
    named.text as label,
    ranked.amount_cents,
    ranked.share_percent,
    ranked.units,
    ranked.customers,
    case when counts_before.people >= 5 then
        change_percent(ranked.amount_cents, ranked.before_cents)
    end as amount_change,
    ranked.place > 10 as is_least,
    ranked.label_count - least(ranked.large_count, 15) as hidden_count
from ranked
inner join periods on periods.period_no = ranked.period_no
inner join named on named.label = ranked.label
left join counts_before
    on counts_before.filter_no = ranked.filter_no
    and counts_before.period_no = ranked.period_no
    and counts_before.label = ranked.label
where ranked.is_large and (ranked.place <= 10 or ranked.place > ranked.large_count - 5)
order by ranked.filter_no, ranked.period_no, ranked.place;
