-- judged_orders (temporary). Grain: one row per order of the store, refunds included, with the verdict
-- of the purchase rule. Currency: the one of the settings, else the store's most frequent; an order
-- that names none counts as in it.
create or replace temp table reporting_currency as
with frequent as (
    select currency
    from orders
    where store = getvariable('store') and currency is not null
    group by currency
    order by count(*) desc, currency
    limit 1
)

select coalesce(getvariable('currency')::varchar, (select currency from frequent)) as currency;

create or replace temp table judged_orders as
with judged as (
    select
        orders.*,
        coalesce(orders.currency <> reporting_currency.currency, false) as is_foreign,
        value_cents < 0 or refund_of is not null as is_refund,
        is_marketplace_order(origin, affiliate_id) as is_marketplace
    from orders
    cross join reporting_currency
    where store = getvariable('store')
),

purchasing as (
    select
        *,
        is_completed
        and authorized_at is not null
        and not is_dead_status(status)
        and (getvariable('purchase_rule') = 'authorized' or status = 'invoiced')
        and created_at is not null
        and value_cents is not null
        and not is_refund as is_sale
    from judged
)

select
    purchasing.*,
    is_sale and not is_foreign as is_purchase,
    coalesce('group ' || order_group, 'order ' || purchasing.order_id) as purchase_id,
    order_customers.customer_key,
    order_customers.rung
from purchasing
left join order_customers
    on order_customers.store = purchasing.store and order_customers.order_id = purchasing.order_id;
