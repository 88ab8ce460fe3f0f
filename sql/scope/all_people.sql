-- Everybody is identified anew: what identity reads, and what it replaces is gone. Keys, links and
-- merges stay.
create or replace temp view orders_to_identify as
from orders
where store = getvariable('store');

create or replace temp view contacts_to_identify as
from contacts
where store = getvariable('store');

create or replace temp view links_to_follow as
from identity_links
where store = getvariable('store');

delete from order_customers where store = getvariable('store');

delete from identity_conflicts where store = getvariable('store');

delete from customers where store = getvariable('store');
