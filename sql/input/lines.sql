-- What the profile core reads of lines. Grain: one row per line of a purchase of a known customer.
select
    purchase_lines.purchase_no, purchase_lines.product, purchase_lines.category,
    purchase_lines.brand, purchase_lines.quantity
from purchase_lines
semi join purchases
    on purchases.store = purchase_lines.store
    and purchases.purchase_no = purchase_lines.purchase_no
    and purchases.customer_key is not null
where purchase_lines.store = getvariable('store')
order by purchase_lines.purchase_no;
