-- incoming_documents of orders: whoever was forgotten stays away, the sale is kept as anonymous.
create or replace temp table tombstoned_documents as
with identified as (
    select
        key,
        unnest([
            'customer_id:' || lower(trim(payload ->> '$.clientProfileData.userProfileId')),
            'email:' || clean_email(payload ->> '$.clientProfileData.email'),
            'document:' || lower(clean_document(
                payload ->> '$.clientProfileData.document',
                payload ->> '$.clientProfileData.documentType'
            ))
        ]) as identifier
    from incoming_documents
)

select distinct key
from identified
cross join tombstone_salts as salts
where sha256(salts.salt || identifier) in (
        select digest from state.tombstones where store = getvariable('store')
    );

update incoming_documents
set payload = json_merge_patch(
    payload::json, '{"clientProfileData": null, "clientPreferencesData": null}'
)
where key in (select key from tombstoned_documents);
