-- The registered frame `incoming` of customers without whoever was forgotten.
with identified as (
    select
        customer_id,
        email,
        unnest([
            'customer_id:' || lower(trim(customer_id)), 'email:' || clean_email(email)
        ]) as identifier
    from incoming
),

forgotten as (
    select customer_id, email
    from identified
    cross join tombstone_salts as salts
    where sha256(salts.salt || identifier) in (
            select digest from state.tombstones where store = getvariable('store')
        )
)

select *
from incoming
where not exists (
        from forgotten
        where forgotten.customer_id is not distinct from incoming.customer_id
            and forgotten.email is not distinct from incoming.email
    );
