-- kept_purchases (temporary). Grain: one row per gross purchase with what refunds leave of it; one
-- refunded to 0 counts unless returned_purchases is drop. number_before is its number when it had one
-- and is where it was in the order of all.
create or replace temp table kept_purchases as
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

select netted.*, purchases_before.purchase_no as number_before
from netted
left join purchases_before
    on purchases_before.purchase_id = netted.purchase_id
    and purchases_before.purchased_at = netted.purchased_at
    and purchases_before.order_id = netted.order_id
where getvariable('returned_purchases') = 'count' or basis_cents <= 0 or left_cents > 0;
