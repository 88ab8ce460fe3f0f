-- The audiences as they were last counted. Grain: one row per audience that was counted on the newest day of any, the
-- largest amount first. before_on is the day counted before it, null on the first; joined and gone are since then.
-- Counts of 1 to 4 people and their amounts are null.
with days as (
    select as_of, row_number() over (order by as_of desc) as day_no
    from (
        select distinct as_of
        from audience_counts
        where store = getvariable('store') and as_of <= getvariable('as_of')::date
    )
),

known as (
    select max(as_of) filter (day_no = 1) as now_on, max(as_of) filter (day_no = 2) as before_on
    from days
),

counted as (
    select
        counts.audience,
        known.now_on,
        known.before_on,
        coalesce(sum(people) filter (outcome = 'member'), 0)::bigint as members,
        coalesce(sum(people) filter (outcome = 'held_out'), 0)::bigint as held_out,
        coalesce(sum(people) filter (outcome = 'over_limit'), 0)::bigint as over_limit,
        coalesce(sum(people) filter (outcome = 'no_address'), 0)::bigint as no_address,
        coalesce(sum(people) filter (outcome = 'no_consent'), 0)::bigint as no_consent,
        coalesce(sum(people) filter (outcome = 'unknown_consent'), 0)::bigint as unknown_consent,
        sum(people)::bigint as fitting,
        (coalesce(sum(amount) filter (outcome = 'member'), 0) * 100)::bigint as amount_cents
    from audience_counts as counts
    inner join known on counts.as_of = known.now_on
    where counts.store = getvariable('store')
    group by all
),

moved as (
    select
        counted.audience,
        count(*) filter (history.joined_on > before_on and history.joined_on <= now_on) as joined,
        count(*) filter (history.left_on > before_on and history.left_on <= now_on) as gone
    from counted
    inner join audience_history as history
        on history.store = getvariable('store') and history.audience = counted.audience
    where before_on is not null
    group by counted.audience
)

select
    counted.audience,
    now_on,
    before_on,
    unless_few(fitting) as fitting,
    unless_few(members) as members,
    unless_few(coalesce(joined, 0)) as joined,
    unless_few(coalesce(gone, 0)) as gone,
    unless_few(held_out) as held_out,
    unless_few(over_limit) as over_limit,
    unless_few(no_address) as no_address,
    unless_few(no_consent) as no_consent,
    unless_few(unknown_consent) as unknown_consent,
    case when unless_few(members) is not null then amount_cents end as amount_cents
from counted
left join moved on moved.audience = counted.audience
order by coalesce(counted.amount_cents, 0) desc, counted.audience;
