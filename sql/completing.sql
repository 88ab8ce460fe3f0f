-- name: next
-- The next orders to ask VTEX for whole: those it is about to forget first, those it has forgotten last, and as many
-- as today's budget leaves. Grain: one row per order.
select order_id, coalesce(created_at >= getvariable('reach')::timestamp, true) as is_reachable
from state.incomplete_orders
where store = getvariable('store')
    and not is_done
    and tries < getvariable('max_tries')
order by tries, not is_reachable, created_at, order_id
limit (
    select greatest(least(getvariable('slice'), getvariable('per_day') - count(*)), 0)
    from state.incomplete_orders
    where store = getvariable('store') and asked_at >= getvariable('day')::timestamp
);

-- name: asked
-- VTEX was asked for the orders of the registered frame `asked`; those it showed are done already.
update state.incomplete_orders
set asked_at = getvariable('now')::timestamp, tries = tries + 1
where store = getvariable('store') and order_id in (select order_id from asked);

-- name: loaded
-- The orders just read are whole.
update state.incomplete_orders
set is_done = true
where store = getvariable('store')
    and not is_done
    and order_id in (select key from incoming_documents);

-- name: left
-- How many orders are left, and how many VTEX did not show whenever it was asked. Grain: one row.
select
    count(*) filter (tries < getvariable('max_tries')) as left_count,
    count(*) filter (tries >= getvariable('max_tries')) as lost_count
from state.incomplete_orders
where store = getvariable('store') and not is_done;

-- name: stored_since
-- The orders of VTEX that were created since a moment and are stored. Grain: one row per order.
select order_id
from orders
where store = getvariable('store')
    and source = 'vtex'
    and created_at >= getvariable('since')::timestamp
order by order_id;
