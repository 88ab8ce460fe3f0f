-- Orders of VTEX that were paid and have no line, so that their products are unknown.
select orders.store, orders.order_id
from orders
anti join order_items
    on order_items.store = orders.store and order_items.order_id = orders.order_id
where orders.store = getvariable('store') and orders.source = 'vtex' and orders.is_completed;
