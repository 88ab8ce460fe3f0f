-- The cut points that a period began with. Grain: one row per window, axis and score of the earliest
-- day kept from since_on on, before as_of; no row when the period begins with as_of.
select * exclude (store, as_of)
from rfm_cut_point_history
where store = getvariable('store')
    and as_of = (
        select min(as_of)
        from rfm_cut_point_history
        where store = getvariable('store')
            and as_of >= getvariable('since_on')::date
            and as_of < getvariable('as_of')::date
    );
