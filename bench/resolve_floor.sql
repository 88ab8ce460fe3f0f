-- The least that any resolve must do, from the typed tables of a warehouse: three joins of orders with contacts, carts,
-- numbers of customers and purchases, order lines by customer, all written into a file. No links that keep a customer's
-- key, no refunds, no conflicts, no checks, and of a person who has two contacts one is taken.
-- Variables: store. The attached database `typed` is read, the one in use is written.
create temp table people as
select row_number() over (order by created_at, contact_id) as customer_key, *
from typed.contacts
where store = getvariable('store');

create temp table by_customer_id as
select lower(customer_id) as customer_id, min(customer_key) as customer_key
from people
where customer_id is not null
group by 1;

create temp table by_document as
select document, min(customer_key) as customer_key
from people
where document is not null
group by 1;

create temp table by_email as
select email, min(customer_key) as customer_key
from people
where email is not null
group by 1;

create table customers as
select customer_key, customer_id, email, first_name, last_name, phone, birth_date, document, gender,
    newsletter_opt_in, locale, extra_fields
from people;

create temp table sold as
select
    orders.order_id,
    orders.order_group,
    coalesce(by_customer_id.customer_key, by_document.customer_key, by_email.customer_key)
        as customer_key,
    orders.created_at,
    orders.value_cents,
    orders.sales_channel
from typed.orders as orders
left join by_customer_id on by_customer_id.customer_id = lower(orders.user_profile_id)
left join by_document on by_document.document = orders.document
left join by_email on by_email.email = orders.email
where orders.store = getvariable('store')
    and orders.is_completed
    and orders.authorized_at is not null
    and orders.status not in ('canceled', 'cancel', 'replaced', 'payment-denied');

create table purchases as
with carts as (
    select
        min(order_id) as order_id,
        min(customer_key) as customer_key,
        min(created_at) as purchased_at,
        sum(value_cents)::bigint as amount_cents,
        count(*) as order_count,
        min(sales_channel) as sales_channel
    from sold
    where order_group is not null
    group by order_group
    union all
    select order_id, customer_key, created_at, value_cents, 1, sales_channel
    from sold
    where order_group is null
)

select row_number() over (order by purchased_at, order_id) as purchase_no, *,
    purchased_at::date as purchased_on
from carts;

create table purchase_orders as
select purchases.purchase_no, purchases.customer_key, purchases.order_id
from purchases
where order_count = 1
union all
select purchases.purchase_no, purchases.customer_key, sold.order_id
from purchases
inner join sold as first_order on first_order.order_id = purchases.order_id
inner join sold on sold.order_group = first_order.order_group
where purchases.order_count > 1;

create table purchase_lines as
select
    purchase_orders.purchase_no,
    purchase_orders.customer_key,
    order_items.product,
    order_items.category,
    order_items.brand,
    order_items.quantity,
    order_items.amount_cents
from typed.order_items as order_items
inner join purchase_orders on purchase_orders.order_id = order_items.order_id
where order_items.store = getvariable('store')
    and not order_items.is_gift
    and order_items.quantity > 0
order by purchase_orders.customer_key, purchase_orders.purchase_no;
