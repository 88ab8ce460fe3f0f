-- An order stored twice would count twice.
select order_id
from orders
where store = getvariable('store')
group by order_id
having count(*) > 1;
