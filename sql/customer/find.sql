-- Who is meant by an e-mail, a document, the source's id, an order id or our key (`who`), or by our key alone
-- (`key`). Grain: one row per store and customer.
with named as (
    select store, customer_key
    from customers
    where lower(email) = lower(trim(getvariable('who')))
        or lower(customer_id) = lower(trim(getvariable('who')))
        or customer_key::varchar = trim(getvariable('who'))
        or customer_key = getvariable('key')::bigint
    union
    select store, customer_key
    from identity_links
    where (kind in ('email', 'customer_id') and lower(value) = lower(trim(getvariable('who'))))
        or (
            kind = 'document'
            and value in (only_digits(getvariable('who')), only_alphanumeric(getvariable('who')))
        )
        or (
            kind = 'contact'
            and lower(regexp_replace(value, '^[^:]*:', '')) = lower(trim(getvariable('who')))
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
