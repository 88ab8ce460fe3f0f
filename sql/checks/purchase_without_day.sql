-- A purchase without its moment, day or amount, or with a negative amount.
select store, purchase_no
from purchases
where store = getvariable('store')
    and (
        purchased_at is null or purchased_on is null or amount_cents is null
        or amount_cents < 0 or refund_cents < 0
    );
