-- What the order list said of the orders of the registered frame `asked`. Grain: one row per order known.
select * exclude (store)
from state.order_listing
where store = getvariable('store') and order_id in (select order_id from asked)
order by order_id;
