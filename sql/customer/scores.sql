-- The scores of the kept profile with the cut points that gave them. Grain: one row per window with a purchase, and
-- axis. from_value and to_value bound the class: days, purchases, or cents; rank_among is the population.
with digits as (
    select "window", digits
    from (
        select columns('^rfm_(\d+d(_plus)?|lifetime)$')::varchar
        from profiles
        where store = getvariable('store') and customer_key = getvariable('customer_key')
    )
    unpivot (digits for "window" in (columns(*)))
),

scored as (
    select
        replace("window", 'rfm_', '') as "window",
        unnest(['recency', 'frequency', 'monetary']) as axis,
        unnest([digits[1], digits[2], digits[3]])::bigint as score
    from digits
)

select
    scored."window",
    scored.axis,
    scored.score,
    cuts.lowest as from_value,
    cuts.highest as to_value,
    cuts.unit,
    cuts.customer_count as same_score,
    cuts.population as rank_among,
    cuts.method
from scored
left join rfm_cut_points as cuts
    on cuts.store = getvariable('store')
    and cuts."window" = scored."window"
    and cuts.axis = scored.axis
    and cuts.score = scored.score
order by
    try_cast(regexp_extract(scored."window", '\d+') as integer) nulls first, scored."window",
    list_position(['recency', 'frequency', 'monetary'], scored.axis);
