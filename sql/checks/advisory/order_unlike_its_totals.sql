-- Orders of VTEX whose value is not the sum of their own totals, by more than a cent: counted, because
-- VTEX rounds, and the value is what the customer paid.
select store, order_id
from orders
where store = getvariable('store')
    and source = 'vtex'
    and abs(value_cents - totals_cents) > 1;
