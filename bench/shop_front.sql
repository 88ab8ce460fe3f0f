-- What the dashboard shows beside purchases: named sales channels, carts left behind, and buyers who did not
-- say who they are, a twentieth of the orders.
insert into sales_channels by name
select
    'shop' as store,
    range::varchar as sales_channel,
    'Canal ' || range as sales_channel_name,
    true as is_active
from range(1, 13);

update orders
set user_profile_id = null
where hash(order_id) % 20 = 0;

insert into carts by name
select
    'shop' as store,
    contact_id,
    customer_id,
    timestamp '2025-12-31' - to_hours((hash(contact_id) % 5000)::bigint) as abandoned_at,
    (1000 + hash(contact_id) % 50000)::bigint as value_cents,
    'Payment' as checkout_step
from contacts
where hash(contact_id) % 10 = 0;
