-- Orders of VTEX that count and have no line.
select judged_orders.store, judged_orders.order_id
from judged_orders
anti join order_items
    on order_items.store = judged_orders.store and order_items.order_id = judged_orders.order_id
where judged_orders.is_purchase and judged_orders.source = 'vtex';
