-- points. Grain: one row per filter, span and stretch of that span with a purchase in it (step 0 is the newest).
-- new: the customer's very first purchase lies in it; returning: a purchase that was not the first does.
-- People are known customers, and every anonymous purchase as one; is_small: 1 to 4 of them.
create or replace temp table counted as
select
    ages.span_no,
    ages.step,
    sales.channel_no,
    sales.segment_no,
    count(*) as purchases,
    sum(sales.amount_cents)::bigint as amount_cents,
    count(*) filter (purchase_rank is null) as anonymous_purchases,
    count(*) filter (purchase_rank = 1) as new_customers,
    count(*) filter (purchase_rank > 1 and last_age > oldest_age) as known_again,
    count(*) filter (purchase_rank = 2 and last_age <= oldest_age) as new_and_again,
    count(*) filter (purchase_rank > 1 and last_age_in_channel > oldest_age) as known_again_in_channel,
    count(*) filter (follows_first_in_channel and last_age_in_channel <= oldest_age)
        as new_and_again_in_channel
from sales
inner join ages on ages.age = sales.age
group by all;

create or replace temp table points as
with filtered as (
    select
        filters.filter_no,
        counted.* replace (
            case when filters.kind = 'channel' then known_again_in_channel else known_again end as known_again,
            case when filters.kind = 'channel' then new_and_again_in_channel else new_and_again end
                as new_and_again
        )
    from counted
    inner join filters
        on filters.kind = 'all'
        or (filters.kind = 'channel' and filters.choice_no = counted.channel_no)
        or (filters.kind = 'segment' and filters.choice_no = counted.segment_no)
)

select
    filter_no,
    span_no,
    step,
    sum(purchases)::bigint as purchases,
    sum(amount_cents)::bigint as amount_cents,
    sum(new_customers + known_again)::bigint as customers,
    sum(new_customers)::bigint as new_customers,
    sum(known_again + new_and_again)::bigint as returning_customers,
    sum(anonymous_purchases)::bigint as anonymous_purchases,
    sum(new_customers + known_again + anonymous_purchases) between 1 and 4 as is_small
from filtered
group by filter_no, span_no, step;
