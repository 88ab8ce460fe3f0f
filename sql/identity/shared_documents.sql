-- shared_documents (temporary). Grain: one row per document on more than three profile ids: a shop
-- assistant's or a placeholder, which identifies nobody.
create or replace temp table shared_documents as
with uses as (
    select document, lower(user_profile_id) as profile_id
    from orders
    where store = getvariable('store') and document is not null and not is_corporate
    union
    select document, lower(customer_id) as profile_id
    from contacts
    where store = getvariable('store') and document is not null and not is_corporate
)

select document
from uses
group by document
having count(distinct profile_id) > 3;
