-- A line stored twice would count twice. Of the orders that this resolve makes anew.
select store, order_id, line_no
from items_to_sell
where order_id in (select order_id from orders_to_judge)
group by store, order_id, line_no
having count(*) > 1;
