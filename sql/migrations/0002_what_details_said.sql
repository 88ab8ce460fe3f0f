-- Schema 2: order_listing also keeps what the detail of an order said, apart from the typed tables, so
-- that both can be compared. Rows from before know nothing of it until their detail is taken again.
alter table state.order_listing add column if not exists detail_cents bigint;
alter table state.order_listing add column if not exists detail_changed_at timestamp;
