-- The figures of the calendar month, quarter and year up to as_of, for goals. Grain: one row per unit; last_on is its last
-- day. Figures about 1 to 4 people are null.
with units as (
    select
        unit,
        date_trunc(unit, getvariable('as_of')::date)::date as first_on,
        (date_trunc(unit, getvariable('as_of')::date) + to_months(month_count) - interval 1 day)::date as last_on
    from (values ('month', 1), ('quarter', 3), ('year', 12)) as widths (unit, month_count)
)

select
    units.unit,
    units.first_on,
    units.last_on,
    percent_of(getvariable('as_of')::date - units.first_on + 1, units.last_on - units.first_on + 1) as elapsed_percent,
    case when points.is_small is not true then coalesce(points.amount_cents, 0) end as amount_cents,
    case when points.is_small is not true then coalesce(points.purchases, 0) end as purchases,
    case when points.is_small is not true and points.purchases > 0 then
        (2 * points.amount_cents + points.purchases) // (2 * points.purchases)
    end as average_cents,
    unless_few(coalesce(points.customers, 0)) as customers,
    unless_few(coalesce(points.new_customers, 0)) as new_customers,
    unless_few(coalesce(points.returning_customers, 0)) as returning_customers
from units
inner join spans on spans.unit = units.unit
left join points on points.filter_no = 0 and points.span_no = spans.span_no and points.step = 0
order by units.first_on desc, units.unit;
