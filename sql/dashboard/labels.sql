-- What sold, by one dimension: channel, category, brand, product or promo_code. Grain: one row per filter,
-- period and label that is shown: the ten largest by amount and the five smallest of those with five
-- people or more. hidden_count labels are not shown.
with spans as (
    select *, ((2 << last_band) - (1 << first_band))::usmallint as bands
    from (values
        (1, false, 1, 1), (1, true, 2, 2), (2, false, 1, 3), (2, true, 4, 4), (3, false, 1, 5),
        (3, true, 6, 6), (4, false, 1, 7), (4, true, 8, 8), (5, false, 1, 9)
    ) as stretches (period_no, is_before, first_band, last_band)
    where not is_before or period_no in (select period_no from periods where has_before)
),

chosen as (
    select thing_no, label_no, label
    from labels
    where dimension = getvariable('dimension')
),

banded as materialized (
    select
        tallies.filter_no,
        chosen.label_no,
        tallies.band,
        sum(tallies.amount_cents) as amount_cents,
        sum(tallies.units) as units,
        sum(tallies.row_count) as row_count,
        bit_or(tallies.marks) as marks
    from tallies
    inner join chosen using (thing_no)
    group by all
),

amounts as (
    select
        banded.filter_no,
        spans.period_no,
        banded.label_no,
        sum(amount_cents) filter (not is_before)::bigint as amount_cents,
        sum(units) filter (not is_before)::bigint as units,
        sum(amount_cents) filter (is_before)::bigint as before_cents,
        sum(row_count) filter (not is_before) >= 5 as may_be_large,
        people_at_least(bit_or(marks) filter (not is_before)) >= 5 as is_surely_large
    from banded
    inner join spans on banded.band between spans.first_band and spans.last_band
    group by all
    having count(*) filter (not is_before) > 0
),

-- Whatever can be among those shown: fewer than ten that are large for sure are larger, or fewer than five smaller.
placed as (
    select
        *,
        count(*) over of_all as label_count,
        sum(amount_cents) over of_all as all_cents,
        count(*) filter (is_surely_large) over (
            of_all order by amount_cents desc, label_no
            rows between unbounded preceding and 1 preceding
        ) as larger_count,
        count(*) filter (is_surely_large) over (
            of_all order by amount_cents desc, label_no
            rows between 1 following and unbounded following
        ) as smaller_count
    from amounts
    window of_all as (partition by filter_no, period_no)
),

wanted as materialized (
    select * exclude (larger_count, smaller_count)
    from placed
    where may_be_large and (larger_count < 10 or smaller_count < 5)
),

wanted_things as (
    select thing_no, label_no
    from chosen
    where label_no in (select label_no from wanted)
),

-- bands: one bit per band in which the person bought it there.
buyers as materialized (
    select
        wanted_things.label_no,
        sold.channel_no,
        sold.segment_no,
        sold.person,
        bit_or(1::usmallint << sold.band) as bands
    from sold
    inner join wanted_things using (thing_no)
    group by all
),

in_any_channel as (
    select label_no, segment_no, person, bit_or(bands) as bands
    from buyers
    group by all
),

people as (
    select 0 as filter_no, label_no, bands, person > 0 as is_known, count(*) as people
    from in_any_channel
    group by all
    union all
    select filters.filter_no, label_no, bands, person > 0, count(*)
    from in_any_channel
    inner join filters on filters.kind = 'segment' and filters.choice_no = segment_no
    group by all
    union all
    select filters.filter_no, label_no, bands, person > 0, count(*)
    from buyers
    inner join filters on filters.kind = 'channel' and filters.choice_no = channel_no
    group by all
),

counts as (
    select
        people.filter_no,
        spans.period_no,
        people.label_no,
        coalesce(sum(people) filter (not is_before), 0)::bigint as people,
        coalesce(sum(people) filter (not is_before and is_known), 0)::bigint as customers,
        coalesce(sum(people) filter (is_before), 0)::bigint as people_before
    from people
    inner join spans on people.bands & spans.bands <> 0
    group by all
),

large as (
    select
        wanted.*,
        case when counts.customers not between 1 and 4 then counts.customers end as customers,
        counts.people_before,
        row_number() over (of_all order by amount_cents desc, label_no) as place,
        count(*) over of_all as large_count
    from wanted
    inner join counts using (filter_no, period_no, label_no)
    where counts.people >= 5
    window of_all as (partition by wanted.filter_no, wanted.period_no)
),

-- Among the least sold, no row whose customers could not be shown.
shown as (
    select *, label_count - count(*) over (partition by filter_no, period_no) as hidden_count
    from large
    where place <= 10 or (place > large_count - 5 and customers is not null)
)

select
    shown.filter_no,
    periods.period,
    row_number() over (partition by shown.filter_no, shown.period_no order by shown.place) as place,
    named.label,
    shown.amount_cents,
    percent_of(shown.amount_cents, shown.all_cents) as share_percent,
    shown.units,
    shown.customers,
    case when shown.people_before >= 5 then
        change_percent(shown.amount_cents, shown.before_cents)
    end as amount_change,
    shown.place > 10 as is_least,
    shown.hidden_count
from shown
inner join periods on periods.period_no = shown.period_no
inner join (select distinct label_no, label from chosen) as named on named.label_no = shown.label_no
order by shown.filter_no, shown.period_no, shown.place;
