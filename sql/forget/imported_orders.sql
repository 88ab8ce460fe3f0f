-- The registered frame `incoming` of orders without whoever was forgotten.
with identified as (
    select
        order_id,
        unnest([
            'customer_id:' || lower(trim(customer_id)), 'email:' || clean_email(email)
        ]) as identifier
    from incoming
),

forgotten as (
    select order_id
    from identified
    cross join tombstone_salts as salts
    where sha256(salts.salt || identifier) in (
            select digest from state.tombstones where store = getvariable('store')
        )
)

select
    * replace (
        case when order_id not in (select order_id from forgotten) then customer_id end as customer_id,
        case when order_id not in (select order_id from forgotten) then email end as email
    )
from incoming;
