-- How many orders and contacts were touched since the last resolve. Grain: one row.
select (select count(*) from touched_orders) + (select count(*) from touched_contacts);
