-- Schema 6: a resolve builds everything again, so that nothing is remembered of single rows; a purchase has no
-- name beside its number, and what an order was matched by is called its match rule. The next resolve fills it.
drop table if exists state.resolved;
drop table if exists state.resolved_digests;
alter table if exists purchases drop column if exists purchase_id;
alter table if exists order_customers add column if not exists match_rule varchar;
alter table if exists order_customers drop column if exists rung;
