-- What the profile core reads of lines. Grain: one row per line of a purchase of a customer of a part.
-- Texts are numbers of the vocabularies (see vocabularies.sql), which keep the order of the texts.
select
    purchase_no,
    enum_code(product::product_text) as product,
    enum_code(category::category_text) as category,
    enum_code(brand::brand_text) as brand,
    quantity
from purchase_lines
where store = getvariable('store')
    and customer_key between getvariable('first_key') and getvariable('last_key');
