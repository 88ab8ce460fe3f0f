-- The registered frame `incoming` of orders without whoever was forgotten.
with judged as (
    select
        *,
        sha256((select salt from state.tombstone_salt) || 'customer_id:' || lower(trim(customer_id)))
            in (select digest from state.tombstones where store = getvariable('store'))
        or sha256((select salt from state.tombstone_salt) || 'email:' || clean_email(email))
            in (select digest from state.tombstones where store = getvariable('store'))
            as is_forgotten
    from incoming
)

select
    * exclude (is_forgotten) replace (
        case when not coalesce(is_forgotten, false) then customer_id end as customer_id,
        case when not coalesce(is_forgotten, false) then email end as email
    )
from judged;
