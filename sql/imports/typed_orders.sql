-- orders, order_refunds and order_promo_codes, from imports. Grain: one row per order of loaded_keys.
-- An order that came from VTEX is VTEX's: the import of the same id adds nothing. No status means
-- completed, authorized and invoiced; a status is judged like VTEX's.
create or replace temp table told_orders as
select *, coalesce(lower(text_or_null(status)), 'invoiced') as order_status
from raw.imported_orders
where store = getvariable('store')
    and order_id in (select key from loaded_keys)
    and order_id not in (select key from raw.vtex_orders where store = getvariable('store'));

delete from orders
where store = getvariable('store') and source = 'import'
    and order_id in (select key from loaded_keys);

insert into orders by name
select
    store,
    order_id,
    'import' as source,
    order_status as status,
    true as is_completed,
    ordered_at as created_at,
    case when not is_unpaid_status(order_status) then ordered_at end as authorized_at,
    case when order_status = 'invoiced' then ordered_at end as invoiced_at,
    amount_cents as value_cents,
    upper(text_or_null(currency)) as currency,
    text_or_null(promo_code) as promo_code,
    text_or_null(refund_of) as refund_of,
    text_or_null(customer_id) as customer_id,
    clean_email(email) as email,
    false as is_corporate
from told_orders;

delete from order_refunds
where store = getvariable('store') and source = 'import'
    and receipt in (select key from loaded_keys);

insert into order_refunds by name
select
    store,
    refund_of as order_id,
    'import' as source,
    order_id as receipt,
    ordered_at as refunded_at,
    abs(amount_cents) as amount_cents
from told_orders
where text_or_null(refund_of) is not null
    and amount_cents <> 0
    and not is_dead_status(order_status);

delete from order_promo_codes
where store = getvariable('store')
    and order_id in (select order_id from told_orders);

insert into order_promo_codes by name
select
    store,
    order_id,
    promo_code_key(promo_code) as promo_code_key,
    text_or_null(promo_code) as promo_code,
    false as is_applied
from told_orders
where text_or_null(promo_code) is not null;
