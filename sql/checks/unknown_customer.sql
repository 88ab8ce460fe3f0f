-- A purchase of a customer who does not exist.
select purchase_no
from purchases
where store = getvariable('store')
    and customer_key is not null
    and customer_key not in (select customer_key from customers where store = getvariable('store'));
