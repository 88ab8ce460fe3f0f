-- Every purchase is made anew: what the purchases read, and what they replace is gone.
create or replace temp view orders_to_judge as from verdicts;

create or replace temp view items_to_sell as
from order_items
where store = getvariable('store');

create or replace temp view refunds_to_subtract as
from order_refunds
where store = getvariable('store');

create or replace temp table purchases_before (
    purchase_id varchar, purchase_no bigint, purchased_at timestamp, order_id varchar
);

delete from purchases where store = getvariable('store');

delete from purchase_orders where store = getvariable('store');

delete from purchase_lines where store = getvariable('store');

delete from unmatched_refunds where store = getvariable('store');
