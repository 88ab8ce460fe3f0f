-- The lines of every purchase, in their order.
select
    record_id,
    list_transform(lines, lambda line: line.product_key) as keys,
    list_transform(lines, lambda line: line.quantity) as units,
    list_transform(lines, lambda line: line.unit_amount) as unit_prices,
    list_transform(lines, lambda line: line.url) as urls
from whole
