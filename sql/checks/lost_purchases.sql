-- Orders that satisfy the purchase rule and are in no purchase, though nothing is dropped by rule.
select judged_orders.store, judged_orders.order_id
from judged_orders
anti join purchase_orders
    on purchase_orders.store = judged_orders.store
    and purchase_orders.order_id = judged_orders.order_id
where judged_orders.is_purchase and getvariable('returned_purchases') = 'count';
