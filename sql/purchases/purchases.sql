-- netted_purchases (temporary view). Grain: one row per purchase; left_cents is what refunds have left of it,
-- is_kept whether it counts: one refunded to 0 does unless returned_purchases is drop.
create or replace temp view netted_purchases as
with remaining as (
    select order_id, remaining_cents
    from matched
    where not is_refund
),

netted as (
    select
        gross_purchases.*,
        coalesce(remaining.remaining_cents, gross_purchases.net_cents) as left_cents
    from gross_purchases
    left join remaining on remaining.order_id = gross_purchases.order_id
)

select
    *,
    greatest(basis_cents, 0) - left_cents as refund_cents,
    getvariable('returned_purchases') = 'count' or basis_cents <= 0 or left_cents > 0 as is_kept
from netted;

-- purchases and split_orders. Grain: one row per purchase, one per order of a purchase with several.
-- purchase_no rises with (purchased_at, order_id), so the last purchase of a customer has the highest
-- number: rows are numbered as they come out of the sort, which is twice as fast as a window with an order.
-- amount_cents is on the basis of the settings.
delete from purchases where store = getvariable('store');

insert into purchases by name
select
    getvariable('store') as store,
    row_number() over () as purchase_no,
    order_id,
    customer_key,
    purchased_at,
    (purchased_at at time zone 'UTC' at time zone getvariable('time_zone'))::date as purchased_on,
    case when getvariable('amount_basis') = 'gross' then gross_cents else left_cents end
        as amount_cents,
    gross_cents,
    refund_cents,
    order_count,
    sales_channel,
    is_marketplace,
    is_delivered
from (from netted_purchases where is_kept order by purchased_at, order_id);

-- dropped_purchases (temporary). Grain: one row per purchase that the settings drop.
create or replace temp table dropped_purchases as
select order_id, order_count, gross_cents, refund_cents
from netted_purchases
where not is_kept;

delete from split_orders where store = getvariable('store');

insert into split_orders by name
select getvariable('store') as store, purchases.purchase_no, purchases.customer_key, cart_orders.order_id
from cart_orders
inner join purchases
    on purchases.store = getvariable('store') and purchases.order_id = cart_orders.first_order_id;

-- order_purchases (temporary view). Grain: one row per order of a purchase, with the purchase.
create or replace temp view order_purchases as
select order_id, purchase_no, customer_key
from purchases
where store = getvariable('store') and order_count = 1
union all
select order_id, purchase_no, customer_key
from split_orders
where store = getvariable('store');
