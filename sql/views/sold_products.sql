-- sold_products, a view of the read copy. Grain: one row per line of a purchase, amounts in currency units.
select
    purchase_lines.store,
    purchase_lines.purchase_no,
    purchases.purchased_on,
    purchase_lines.customer_key,
    purchase_lines.product,
    purchase_lines.product_id,
    purchase_lines.sku,
    purchase_lines.seller,
    purchase_lines.category,
    purchase_lines.brand,
    purchase_lines.quantity as unit_count,
    (purchase_lines.amount_cents::decimal(38, 2) / 100)::decimal(18, 2) as amount,
    (purchase_lines.discount_cents::decimal(38, 2) / 100)::decimal(18, 2) as discount_amount
from purchase_lines
inner join purchases
    on purchases.store = purchase_lines.store
    and purchases.purchase_no = purchase_lines.purchase_no;
