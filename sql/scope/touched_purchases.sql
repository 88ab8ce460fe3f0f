-- Only those purchases are made anew that a touched order is or was in, or one that has another customer
-- now. A refund that names no purchase takes from any of its customer's, so that a customer with refunds
-- who has one of these has all purchases made anew. Of a cart that was dropped nobody knows what was in it,
-- so each is judged again.
create or replace temp table touched_sales as
with order_now as (
    select order_id, customer_key
    from order_customers
    where store = getvariable('store')
        and order_id in (select order_id from orders_to_identify)
)

select order_id
from order_customers_before as order_before
full join order_now using (order_id)
where order_before.customer_key is distinct from order_now.customer_key
union
from touched_orders
union
from renamed_orders
union
select order_id
from orders
where store = getvariable('store')
    and hash(refund_of) in (select row_key from changes where kind = 'orders');

-- Customers with refunds, and those of before: what was no purchase may have been a refund.
create or replace temp table refunders as
select order_customers.customer_key
from verdicts
inner join order_customers
    on order_customers.store = verdicts.store and order_customers.order_id = verdicts.order_id
where verdicts.is_refund
union
select customer_key
from order_customers_before
where order_id in (from touched_sales)
    and order_id not in (
        select order_id from purchase_orders where store = getvariable('store')
    );

create or replace temp table refunder_purchases as
select distinct order_customers.customer_key, verdicts.purchase_id
from order_customers
inner join verdicts on verdicts.order_id = order_customers.order_id
where order_customers.store = getvariable('store')
    and order_customers.customer_key in (from refunders);

create or replace temp table touched_purchases as
with recursive reached (purchase_id) as (
    select purchases.purchase_id
    from purchase_orders
    inner join purchases
        on purchases.store = purchase_orders.store
        and purchases.purchase_no = purchase_orders.purchase_no
    where purchase_orders.store = getvariable('store')
        and purchase_orders.order_id in (from touched_sales)
    union
    select purchase_id
    from verdicts
    where order_id in (from touched_sales)
    union
    select purchase_id
    from verdicts
    where getvariable('returned_purchases') = 'drop'
        and is_purchase
        and order_id not in (
            select order_id from purchase_orders where store = getvariable('store')
        )
    union
    select purchase_id
    from refunder_purchases
    where customer_key in (
        select customer_key from order_customers_before where order_id in (from touched_sales)
    )
    union
    select other.purchase_id
    from reached
    inner join refunder_purchases as one on one.purchase_id = reached.purchase_id
    inner join refunder_purchases as other on other.customer_key = one.customer_key
)

select purchase_id
from reached;

create or replace temp table judging_orders as
from verdicts
where purchase_id in (from touched_purchases);

create or replace temp table selling_items as
from order_items
where store = getvariable('store') and order_id in (select order_id from judging_orders);

-- A view cannot take the place of a table of its name, so the rows have names of their own.
create or replace temp view orders_to_judge as from judging_orders;

create or replace temp view items_to_sell as from selling_items;

create or replace temp view refunds_to_subtract as
from order_refunds
where store = getvariable('store') and order_id in (select order_id from judging_orders);

create or replace temp table purchases_before as
select purchase_id, purchase_no, purchased_at, order_id
from purchases
where store = getvariable('store') and purchase_id in (from touched_purchases);

delete from purchases
where store = getvariable('store') and purchase_no in (select purchase_no from purchases_before);

delete from purchase_orders
where store = getvariable('store') and purchase_no in (select purchase_no from purchases_before);

delete from purchase_lines
where store = getvariable('store') and purchase_no in (select purchase_no from purchases_before);

delete from unmatched_refunds
where store = getvariable('store')
    and (
        order_id in (from touched_sales)
        or order_id in (select order_id from judging_orders)
    );
