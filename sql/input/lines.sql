-- What the profile core reads of lines. Grain: one row per line of a purchase of a customer of a part.
-- Texts are numbers of the vocabularies (see vocabularies.sql), which keep the order of the texts.
select
    purchase_no,
    product_texts.code as product,
    category_texts.code as category,
    brand_texts.code as brand,
    quantity
from purchase_lines
left join product_texts using (product)
left join category_texts using (category)
left join brand_texts using (brand)
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key')
    and customer_key not in (
        select customer_key from customers
        where store = getvariable('store') and deleted_at is not null
    );
