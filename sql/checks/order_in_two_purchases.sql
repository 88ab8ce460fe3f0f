-- An order that counts in two purchases.
select store, order_id
from purchase_orders
where store = getvariable('store')
group by store, order_id
having count(*) > 1;
