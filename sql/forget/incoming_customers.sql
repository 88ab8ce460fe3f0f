-- incoming_documents of customers: the documents of whoever was forgotten are not taken in.
delete from incoming_documents
where key in (
    with identified as (
        select
            key,
            unnest([
                'contact:vtex:' || lower(key),
                'customer_id:' || lower(trim(payload ->> '$.userId')),
                'email:' || clean_email(payload ->> '$.email')
            ]) as identifier
        from incoming_documents
    )

    select key
    from identified
    cross join tombstone_salts as salts
    where sha256(salts.salt || identifier) in (
            select digest from state.tombstones where store = getvariable('store')
        )
);
