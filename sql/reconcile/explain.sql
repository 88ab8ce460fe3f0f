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
