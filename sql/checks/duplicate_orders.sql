-- An order stored twice would count twice. Of the orders that this resolve makes anew.
select store, order_id
from orders_to_judge
group by store, order_id
having count(*) > 1;
