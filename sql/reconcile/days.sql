-- reconciliation, for the days of creation that this sync listed. Registered frames: `listed` (what the
-- order list said, one row per order) and `whole_days` (days that the list covered from end to end).
-- missing: listed, yet neither stored nor rejected. unlisted: stored, yet gone from the list of a whole
-- day. differing: stored with other cents than its detail said (order_listing keeps that apart from the
-- typed tables). list_differs: the list's own total, a float of an index that lags, says other cents
-- though it saw the same change; reported, and no reason to doubt the store.
create or replace temp table compared_orders as
with stored as (
    select
        orders.*,
        timezone(getvariable('time_zone'), timezone('UTC', orders.created_at))::date as created_on
    from orders
    where orders.store = getvariable('store') and orders.source = 'vtex'
),

gone as (
    select order_id
    from stored
    where created_on in (select day_on from whole_days)
        and order_id not in (select order_id from listed)
        and (
            len(getvariable('sales_channels')) = 0
            or list_contains(getvariable('sales_channels'), sales_channel)
        )
),

named as (
    select order_id, created_at, total_value, last_change_at, true as is_listed
    from listed
    union all by name
    select order_id, false as is_listed
    from gone
),

rejected as (
    select distinct key as order_id
    from state.rejects
    where store = getvariable('store') and entity = 'orders'
)

select
    named.order_id,
    coalesce(
        stored.created_on,
        timezone(getvariable('time_zone'), timezone('UTC', named.created_at))::date
    ) as day_on,
    named.is_listed,
    stored.order_id is not null as is_stored,
    stored.order_id is null and rejected.order_id is not null as is_rejected,
    coalesce(stored.value_cents, 0) as stored_cents,
    said.detail_cents,
    coalesce(named.total_value, 0) as listed_cents,
    stored.order_id is not null
    and said.detail_cents is distinct from stored.value_cents
    and said.detail_cents is not null
    and not coalesce(stored.last_change_at > said.detail_changed_at + interval 1 millisecond, false)
        as is_differing,
    stored.order_id is not null
    and abs(named.total_value - stored.value_cents) > greatest(1, abs(stored.value_cents) * 1e-6)
    and not coalesce(date_trunc('second', stored.last_change_at) > named.last_change_at, false)
        as is_list_differing
from named
left join stored on stored.order_id = named.order_id
left join rejected on rejected.order_id = named.order_id
left join state.order_listing as said
    on said.store = getvariable('store') and said.order_id = named.order_id;

delete from state.differing_orders
where store = getvariable('store') and order_id in (select order_id from compared_orders);

insert into state.differing_orders by name
select
    getvariable('store') as store,
    order_id,
    day_on,
    case
        when not is_listed then 'unlisted' when not is_stored then 'missing' else 'differing'
    end as kind,
    case
        when not is_listed then stored_cents
        when not is_stored then listed_cents
        else abs(stored_cents - detail_cents)
    end as cents,
    getvariable('now')::timestamp as found_at,
    getvariable('run_id')::varchar as run_id
from compared_orders
where not is_listed or is_differing or (not is_stored and not is_rejected);

create or replace temp table compared_days as
select
    day_on,
    count(*) filter (is_listed) as listed_count,
    count(*) filter (is_stored and is_listed) as stored_count,
    count(*) filter (is_rejected) as set_aside_count,
    count(*) filter (is_list_differing) as list_differs_count,
    coalesce(sum(detail_cents), 0)::bigint as detail_cents,
    coalesce(sum(stored_cents), 0)::bigint as stored_cents,
    day_on in (select day_on from whole_days) as is_whole_day
from compared_orders
group by day_on;

-- A day listed in part says nothing of a day once listed whole.
delete from reconciliation
where store = getvariable('store')
    and (
        day_on in (select day_on from whole_days)
        or (
            not is_whole_day
            and (day_on is null or day_on in (select day_on from compared_days))
        )
    );

insert into reconciliation by name
select
    getvariable('store') as store,
    *,
    getvariable('limit_share')::double as limit_share,
    getvariable('now')::timestamp as reconciled_at,
    getvariable('run_id')::varchar as run_id
from compared_days
where day_on is null
    or day_on not in (
        select day_on from reconciliation
        where store = getvariable('store') and day_on is not null
    );
