-- A customer key used twice, in any store: keys are unique in the whole warehouse.
select customer_key
from customers
group by customer_key
having count(*) > 1;
