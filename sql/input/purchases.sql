-- What the profile core reads of purchases. Grain: one row per purchase of a customer of a part.
select customer_key, purchase_no, purchased_on, amount_cents
from purchases
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key')
    and customer_key not in (
        select customer_key from customers
        where store = getvariable('store') and deleted_at is not null
    );
