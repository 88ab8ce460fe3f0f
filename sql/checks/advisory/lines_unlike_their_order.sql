-- Orders of VTEX whose lines do not add up to their items less discounts, by more than 1 % and a cent a
-- line: counted, because VTEX rounds prices per unit; never corrected, the order's value is the truth.
select orders.store, orders.order_id
from orders
inner join order_items
    on order_items.store = orders.store and order_items.order_id = orders.order_id
where orders.store = getvariable('store')
    and orders.source = 'vtex'
    and orders.items_cents is not null
group by orders.store, orders.order_id, orders.items_cents
having abs(
        sum(order_items.amount_cents) filter (not order_items.is_gift)
        + coalesce(sum(order_items.services_cents), 0)
        - orders.items_cents
    ) > count(*) + orders.items_cents * 0.01;
