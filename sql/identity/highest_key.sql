-- highest_key (temporary view). Grain: one row, the highest customer_key that anybody ever had; 0 before the first.
create or replace temp view highest_key as
select coalesce(max(customer_key), 0) as customer_key
from (
    select max(customer_key) as customer_key from identity_links
    union all
    select max(merged_customer_key) as customer_key from customer_merges
    union all
    select max(new_customer_key) as customer_key from customer_splits
    union all
    select max(customer_key) as customer_key from customers
    union all
    select max(customer_key) as customer_key from state.tombstones
);
