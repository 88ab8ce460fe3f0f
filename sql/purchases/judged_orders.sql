-- judged_orders (temporary). Grain: one row per order of orders_to_judge, with its verdict and customer.
create or replace temp table judged_orders as
select orders_to_judge.*, order_customers.customer_key, order_customers.rung
from orders_to_judge
left join order_customers
    on order_customers.store = orders_to_judge.store
    and order_customers.order_id = orders_to_judge.order_id;
