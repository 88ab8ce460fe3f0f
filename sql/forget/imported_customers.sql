-- The registered frame `incoming` of customers without whoever was forgotten.
select *
from incoming
where not coalesce(
        sha256((select salt from state.tombstone_salt) || 'customer_id:' || lower(trim(customer_id)))
        in (select digest from state.tombstones where store = getvariable('store')),
        false
    )
    and not coalesce(
        sha256((select salt from state.tombstone_salt) || 'email:' || clean_email(email))
        in (select digest from state.tombstones where store = getvariable('store')),
        false
    );
