-- Orders of VTEX that were paid and have no line, so that their products are unknown.
select store, order_id
from orders
where store = getvariable('store')
    and source = 'vtex'
    and is_completed
    and order_id not in (
        select order_id from order_items where store = getvariable('store')
    );
