-- Customers only: an e-mail or phone that VTEX once told and now answers as null (it loses some) stays.
update incoming_documents
set payload = json_merge_patch(payload::json, json_object('email', stored_payload ->> '$.email'))
where clean_email(payload ->> '$.email') is null
    and clean_email(stored_payload ->> '$.email') is not null;

update incoming_documents
set payload = json_merge_patch(payload::json, json_object(
    'homePhone', stored_payload ->> '$.homePhone', 'cellPhone', stored_payload ->> '$.cellPhone',
    'phone', stored_payload ->> '$.phone', 'businessPhone', stored_payload ->> '$.businessPhone'
))
where coalesce(
        name_or_null(payload ->> '$.homePhone'), name_or_null(payload ->> '$.cellPhone'),
        name_or_null(payload ->> '$.phone'), name_or_null(payload ->> '$.businessPhone')
    ) is null
    and coalesce(
        name_or_null(stored_payload ->> '$.homePhone'),
        name_or_null(stored_payload ->> '$.cellPhone'),
        name_or_null(stored_payload ->> '$.phone'),
        name_or_null(stored_payload ->> '$.businessPhone')
    ) is not null;
