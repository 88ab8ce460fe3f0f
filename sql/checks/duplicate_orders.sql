-- An order stored twice would count twice.
select store, order_id
from orders
where store = getvariable('store')
group by store, order_id
having count(*) > 1;
