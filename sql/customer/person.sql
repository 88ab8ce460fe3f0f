-- The customer as the profile knows the person. One row.
select *
from customers
where store = getvariable('store') and customer_key = getvariable('customer_key');
