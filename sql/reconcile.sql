-- name: count
-- The counts of reconciliation that state.differing_orders tells. Grain: one row per day of creation. An
-- order that was found by its id is no difference.
update reconciliation
set missing_count = found.missing_count,
    unlisted_count = found.unlisted_count,
    differing_count = found.differing_count,
    found_by_id_count = found.found_by_id_count,
    unexplained_count = found.unexplained_count,
    unexplained_cents = found.unexplained_cents,
    limit_share = getvariable('limit_share')::double
from (
    select
        days.day_on,
        count(*) filter (differing_orders.kind = 'missing') as missing_count,
        count(*) filter (differing_orders.kind = 'unlisted') as unlisted_count,
        count(*) filter (differing_orders.kind = 'differing') as differing_count,
        count(*) filter (differing_orders.kind = 'found_by_id') as found_by_id_count,
        count(*) filter (differing_orders.kind <> 'found_by_id') as unexplained_count,
        coalesce(
            sum(differing_orders.cents) filter (differing_orders.kind <> 'found_by_id'), 0
        )::bigint as unexplained_cents
    from reconciliation as days
    left join state.differing_orders
        on differing_orders.store = getvariable('store')
        and differing_orders.day_on is not distinct from days.day_on
    where days.store = getvariable('store')
    group by days.day_on
) as found
where reconciliation.store = getvariable('store')
    and reconciliation.day_on is not distinct from found.day_on;

-- name: explain
-- Orders that the list lacks and VTEX shows when asked for by id, with the cents that are stored. Registered
-- frame: `found` (order_id, cents), what it showed.
update state.differing_orders
set kind = 'found_by_id'
from found
inner join orders
    on orders.order_id = found.order_id
    and orders.value_cents = found.cents
where differing_orders.store = getvariable('store')
    and differing_orders.kind = 'unlisted'
    and differing_orders.order_id = found.order_id
    and orders.store = getvariable('store')
    and orders.source = 'vtex';

-- name: read
-- What the last sync that listed each day found, newest day first. Grain: one row per day of creation.
select *
from reconciliation
where store = getvariable('store')
order by day_on desc nulls first;

-- name: unexplained
-- The orders that the last look at their day could not explain, newest day first. Grain: one row per order.
select order_id, day_on, kind
from state.differing_orders
where store = getvariable('store') and kind <> 'found_by_id'
order by day_on desc nulls last, order_id;
