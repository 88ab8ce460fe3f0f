-- A purchase of a customer who does not exist.
select purchases.store, purchases.purchase_no
from purchases
anti join customers
    on customers.store = purchases.store and customers.customer_key = purchases.customer_key
where purchases.store = getvariable('store') and purchases.customer_key is not null;
