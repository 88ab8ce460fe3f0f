-- purchases and purchase_orders. Grain: one row per purchase, one per order of a purchase.
-- purchase_no rises with (purchased_at, order_id), so the last purchase of a customer has the highest
-- number. amount_cents is on the basis of the settings.
update purchases
set purchase_no = made_purchases.purchase_no
from made_purchases
where made_purchases.is_standing
    and purchases.store = getvariable('store')
    and purchases.purchase_no = made_purchases.number_before;

update purchase_orders
set purchase_no = made_purchases.purchase_no
from made_purchases
where made_purchases.is_standing
    and purchase_orders.store = getvariable('store')
    and purchase_orders.purchase_no = made_purchases.number_before;

update purchase_lines
set purchase_no = made_purchases.purchase_no
from made_purchases
where made_purchases.is_standing
    and purchase_lines.store = getvariable('store')
    and purchase_lines.purchase_no = made_purchases.number_before;

delete from made_purchases where is_standing;

insert into purchases by name
select
    getvariable('store') as store,
    purchase_no,
    purchase_id,
    order_id,
    customer_key,
    purchased_at,
    (purchased_at at time zone 'UTC' at time zone getvariable('time_zone'))::date as purchased_on,
    case when getvariable('amount_basis') = 'gross' then gross_cents else left_cents end
        as amount_cents,
    gross_cents,
    greatest(basis_cents, 0) - left_cents as refund_cents,
    order_count,
    sales_channel,
    is_marketplace
from made_purchases;

insert into purchase_orders
select getvariable('store'), made_purchases.purchase_no, judged_orders.order_id
from made_purchases
inner join judged_orders on judged_orders.purchase_id = made_purchases.purchase_id
where judged_orders.is_purchase;
