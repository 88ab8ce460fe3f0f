-- What the profile core reads of purchases. Grain: one row per purchase of a known customer.
select customer_key, purchase_no, purchased_on, amount_cents
from purchases
where store = getvariable('store') and customer_key is not null
order by purchase_no;
