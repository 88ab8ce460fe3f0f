-- order_listing for the orders of the registered frame `incoming`: replaced whole.
delete from state.order_listing
where store = getvariable('store') and order_id in (select order_id from incoming);

insert into state.order_listing by name
select
    getvariable('store') as store,
    order_id,
    status,
    total_value,
    is_complete,
    authorized_at,
    last_change_at,
    detail_at,
    detail_status,
    detail_cents,
    detail_changed_at
from incoming;
