-- Abandoned carts. Grain: one row per age, newest first; ages of 1 to 4 carts are one row `(other)`, as far as
-- it holds five. A contact has one cart: the last.
with aged as (
    select
        value_cents,
        (getvariable('as_of')::date - abandoned_at::date)::bigint as age
    from carts
    where store = getvariable('store') and is_abandoned and value_cents > 0
),

banded as (
    select
        case
            when age <= 1 then 1
            when age <= 7 then 2
            when age <= 30 then 3
            when age <= 90 then 4
            else 5
        end as band_no,
        count(*) as carts,
        sum(value_cents)::bigint as value_cents
    from aged
    group by band_no
),

merged as (
    select
        case when carts >= 5 then band_no else 6 end as band_no,
        sum(carts)::bigint as carts,
        sum(value_cents)::bigint as value_cents
    from banded
    group by all
)

select
    ['1', '7', '30', '90', 'older', '(other)'][band_no] as band,
    carts,
    value_cents,
    (2 * value_cents + carts) // (2 * carts) as average_cents,
    sum(carts) over ()::bigint as all_carts,
    sum(value_cents) over ()::bigint as all_value_cents,
    ((2 * sum(value_cents) over () + sum(carts) over ()) // (2 * sum(carts) over ()))::bigint as all_average_cents
from merged
where carts >= 5
order by band_no;
