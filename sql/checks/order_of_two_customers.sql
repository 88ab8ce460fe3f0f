-- An order that resolves to two customers.
select store, order_id
from order_customers
where store = getvariable('store')
group by store, order_id
having count(*) > 1;
