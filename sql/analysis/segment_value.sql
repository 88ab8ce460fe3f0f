-- Segment value: what each segment is worth, in all and in the last 360 days. Grain: one row per store and segment.
select
    store,
    rfm_group,
    rfm_segment,
    count(*) as customers,
    sum(amount_lifetime) as amount_lifetime,
    sum(amount_360d) as amount_360d,
    round((sum(amount_lifetime) / count(*))::decimal(38, 6), 2)::double as amount_per_customer,
    round(
        (100 * sum(amount_lifetime) / nullif(sum(sum(amount_lifetime)) over (partition by store), 0))::decimal(38, 6), 1
    )::double
        as amount_percent,
    count(*) filter (newsletter_opt_in) as can_be_mailed
from profiles
group by store, rfm_group, rfm_segment
order by store, amount_lifetime desc, rfm_segment;
