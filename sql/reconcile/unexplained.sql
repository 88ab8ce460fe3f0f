-- The orders that the last look at their day could not explain, newest day first. Grain: one row per order.
select order_id, day_on, kind
from state.differing_orders
where store = getvariable('store') and kind <> 'found_by_id'
order by day_on desc nulls last, order_id;
