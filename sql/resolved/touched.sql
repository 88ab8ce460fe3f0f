-- touched_orders and touched_contacts (temporary): those that changed, that are gone, or that carry a
-- document which identified and does no more, or the other way round. renamed_orders: those that sold a SKU
-- whose entry changed, which is about their lines alone. Grain: one row per order, one per contact.
create or replace temp table touched_orders as
with known (order_id) as (
    select order_id from orders where store = getvariable('store')
    union all
    select order_id from order_customers where store = getvariable('store')
    union all
    select order_id from purchase_orders where store = getvariable('store')
    union all
    select order_id from unmatched_refunds where store = getvariable('store')
)

select order_id
from known
where hash(order_id) in (select row_key from changes where kind = 'orders')
union
select order_id
from orders
where store = getvariable('store')
    and hash(document) in (select row_key from changes where kind = 'shared_documents');

create or replace temp table renamed_orders as
select distinct order_id
from order_items
where store = getvariable('store')
    and hash(sku) in (select row_key from changes where kind = 'skus');

create or replace temp table touched_contacts as
with known (contact) as (
    select source || ':' || contact_id from contacts where store = getvariable('store')
    union all
    select value from identity_links where store = getvariable('store') and kind = 'contact'
)

select contact
from known
where hash(contact) in (select row_key from changes where kind = 'contacts')
union
select source || ':' || contact_id
from contacts
where store = getvariable('store')
    and hash(document) in (select row_key from changes where kind = 'shared_documents');
