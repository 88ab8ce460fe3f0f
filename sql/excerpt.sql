-- name: state.control_salt
-- Each statement of this file gives the rows of one table that the profile core's own statements (sql/input.sql) need for the
-- customers of the registered frame `wanted`. Grain: as the table of its name.
from state.control_salt;

-- name: customers
-- Their records.
from customers
where store = getvariable('store') and customer_key in (select customer_key from wanted);

-- name: purchases
-- What they bought.
from purchases
where store = getvariable('store') and customer_key in (select customer_key from wanted);

-- name: numbered_lines
-- The lines of it.
from numbered_lines
where store = getvariable('store') and customer_key in (select customer_key from wanted);

-- name: sold_things
-- What these lines name by number.
from sold_things
where store = getvariable('store')
    and thing_no in (
        select thing_no from numbered_lines
        where store = getvariable('store') and customer_key in (select customer_key from wanted)
    );

-- name: purchase_promo_codes
-- The codes typed.
from purchase_promo_codes
where store = getvariable('store') and customer_key in (select customer_key from wanted);

-- name: orders
-- The orders that their purchases are named by.
from orders
where store = getvariable('store')
    and order_id in (
        select order_id from purchases
        where store = getvariable('store') and customer_key in (select customer_key from wanted)
    );

-- name: sales_channels
-- All of them.
from sales_channels
where store = getvariable('store');
