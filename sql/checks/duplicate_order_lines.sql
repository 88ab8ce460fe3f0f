-- A line stored twice would count twice.
select store, order_id, line_no
from order_items
where store = getvariable('store')
group by store, order_id, line_no
having count(*) > 1;
