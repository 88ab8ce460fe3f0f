-- What files do not have. Twelve channels of falling size, two of them of one name, some without one, the last
-- ones tiny; one order in six is of a marketplace; carts of every age, more of them recent.
update orders set sales_channel = least(12, 1 + floor(-3 * ln((1 + hash(order_id) % 9999) / 10000)))::int::varchar;
update orders set sales_channel = null where hash(order_id || 'x') % 50 = 0;
update orders set origin = 'Fulfillment', affiliate_id = 'MLB' where hash(order_id || 'y') % 6 = 0;
insert into sales_channels by name
select 'main' as store, range::varchar as sales_channel, 'Channel ' || least(range, 8) as sales_channel_name
from range(1, 10);
insert into carts by name
select
    'main' as store, range::varchar as contact_id,
    timestamp '2026-03-09 12:00:00' - to_days((range * range // 40)::int) as abandoned_at,
    1000 + 7 * range as value_cents, 'Payment' as checkout_step
from range(1, 70);
