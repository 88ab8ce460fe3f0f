-- name: find
-- Who is meant by an e-mail, a document, the source's id, an order id or our key (`who`), or by our key alone
-- (`key`). Grain: one row per store and customer.
with named as (
    select store, customer_key
    from customers
    where lower(email) = lower(identifier(getvariable('who')))
        or id_key(customer_id) = id_key(identifier(getvariable('who')))
        or customer_key::varchar = trim(getvariable('who'))
        or customer_key = getvariable('key')::bigint
    union
    select store, customer_key
    from identity_links
    where (kind = 'email' and value = lower(identifier(getvariable('who'))))
        or (kind = 'customer_id' and value = id_key(identifier(getvariable('who'))))
        or (
            kind = 'document'
            and value in (only_digits(getvariable('who')), only_alphanumeric(getvariable('who')))
        )
        or (
            kind = 'contact'
            and id_key(regexp_replace(value, '^[^:]*:', ''))
            = id_key(identifier(getvariable('who')))
        )
    union
    select store, customer_key
    from order_customers
    where lower(order_id) = lower(trim(getvariable('who'))) and customer_key is not null
),

kept as (
    select named.store, coalesce(customer_merges.customer_key, named.customer_key) as customer_key
    from named
    left join customer_merges
        on customer_merges.store = named.store
        and customer_merges.merged_customer_key = named.customer_key
    union
    select store, customer_key
    from customer_merges
    where merged_customer_key::varchar = trim(getvariable('who'))
        or merged_customer_key = getvariable('key')::bigint
)

select kept.store, kept.customer_key, customers.first_name, customers.last_name, customers.email
from kept
inner join customers using (store, customer_key)
where getvariable('store') is null or kept.store = getvariable('store')
order by kept.store, kept.customer_key;

-- name: person
-- The customer as the profile knows the person. One row.
select *
from customers
where store = getvariable('store') and customer_key = getvariable('customer_key');

-- name: prediction
-- What comes next for the customer, as the newest profiles have it. Grain: one row per figure that is known.
unpivot (
    select columns(*)::varchar
    from (
        select
            p_alive, churn_probability_90d, expected_orders_30d, expected_orders_90d,
            expected_orders_365d, expected_amount_365d, clv_365d, clv_tier, next_order_on,
            next_order_from, next_order_until, prediction_status, next_due_product, next_due_on,
            nullif(array_to_string(next_best_products, ', '), '') as next_best_products
        from profiles
        where store = getvariable('store') and customer_key = getvariable('customer_key')
    )
)
on columns(*)
into name figure value value;

-- name: links
-- Why these records are one person. Grain: one row per identifier; a merge, a split and a conflict are rows too.
select kind, value, reason, linked_at as since
from identity_links
where store = getvariable('store') and customer_key = getvariable('customer_key')
union all
select 'merged', 'customer ' || merged_customer_key, reason, merged_at
from customer_merges
where store = getvariable('store') and customer_key = getvariable('customer_key')
union all
select 'split', 'customer ' || new_customer_key, 'a customer of its own since', split_at
from customer_splits
where store = getvariable('store') and customer_key = getvariable('customer_key')
union all
select 'split', 'customer ' || customer_key, 'was a part of this one until then', split_at
from customer_splits
where store = getvariable('store') and new_customer_key = getvariable('customer_key')
union all
select
    'conflict: ' || kind,
    value,
    format(
        '{}; customer {} used it too, on {} orders, first on {}',
        reason, other_customer_key, order_count, first_order_id
    ),
    null
from identity_conflicts
where store = getvariable('store') and customer_key = getvariable('customer_key')
union all
select
    'conflict: ' || kind,
    value,
    case
        when customer_key is null then 'shared by too many, so it identifies nobody'
        else format(
            '{}; belongs to customer {}, used on {} orders, first on {}',
            reason, customer_key, order_count, first_order_id
        )
    end,
    null
from identity_conflicts
where store = getvariable('store') and other_customer_key = getvariable('customer_key')
order by kind, value;

-- name: purchases
-- What the customer bought, newest first. Grain: one row per purchase; `known_by` is the match rule that found the person.
with sold as (
    select
        purchase_no,
        sum(quantity)::bigint as units,
        list(distinct product order by product) filter (product is not null) as products
    from purchase_lines
    where store = getvariable('store') and customer_key = getvariable('customer_key')
    group by purchase_no
),

codes as (
    select purchase_no, list(distinct promo_code order by promo_code) as promo_codes
    from purchase_promo_codes
    where store = getvariable('store') and customer_key = getvariable('customer_key')
    group by purchase_no
),

placed as (
    select
        purchase_orders.purchase_no,
        list(purchase_orders.order_id order by purchase_orders.order_id) as orders,
        list(distinct order_customers.match_rule order by order_customers.match_rule) as known_by
    from purchase_orders
    left join order_customers
        on order_customers.store = purchase_orders.store
        and order_customers.order_id = purchase_orders.order_id
    where purchase_orders.store = getvariable('store')
    group by purchase_orders.purchase_no
)

select
    purchases.purchased_on,
    (purchases.amount_cents::decimal(38, 2) / 100)::decimal(18, 2) as amount,
    (purchases.refund_cents::decimal(38, 2) / 100)::decimal(18, 2) as refunded,
    sold.units,
    sold.products,
    codes.promo_codes,
    placed.orders,
    placed.known_by
from purchases
left join sold on sold.purchase_no = purchases.purchase_no
left join codes on codes.purchase_no = purchases.purchase_no
left join placed on placed.purchase_no = purchases.purchase_no
where purchases.store = getvariable('store')
    and purchases.customer_key = getvariable('customer_key')
order by purchases.purchase_no desc;

-- name: segments
-- The segments the customer was in, newest first. Grain: one row per stretch of days.
select valid_from, valid_to, rfm_segment, rfm_group, r_score, f_score, m_score
from segment_history
where store = getvariable('store') and customer_key = getvariable('customer_key')
order by valid_from desc;

-- name: pushes
-- What each platform was sent of the customer, and of the customer's purchases. Grain: one row per
-- destination, entity, outcome and code.
with theirs as (
    select push_records.*
    from push_records
    where store = getvariable('store')
        and entity not in ('purchases', 'products', 'coupons')
        and record_id = getvariable('customer_key')::varchar
    union all
    select push_records.*
    from push_records
    inner join order_customers
        on order_customers.store = push_records.store
        and order_customers.order_id = push_records.record_id
    where push_records.store = getvariable('store')
        and push_records.entity = 'purchases'
        and order_customers.customer_key = getvariable('customer_key')
)

select
    destination,
    entity,
    outcome,
    code,
    message,
    count(*) as record_count,
    max(attempted_at) as attempted_at,
    max(accepted_at) as accepted_at
from theirs
group by destination, entity, outcome, code, message
order by destination, entity, outcome, code;
