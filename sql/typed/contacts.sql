-- contacts, from the CL entity of VTEX Master Data. Grain: one row per document of loaded_keys.
-- birthDate is a day: its date part as written, never shifted by a zone; an impossible one is none. Ids are kept as
-- they are compared.
delete from contacts
where store = getvariable('store') and source = 'vtex'
    and contact_id in (select key from loaded_keys);

insert into contacts by name
with documents as (
    select
        store,
        key as contact_id,
        payload,
        pulled_at::date as read_on,
        json_transform(payload, '{
            "userId": "VARCHAR", "email": "VARCHAR", "firstName": "VARCHAR", "lastName": "VARCHAR",
            "phone": "VARCHAR", "homePhone": "VARCHAR", "cellPhone": "VARCHAR",
            "businessPhone": "VARCHAR", "birthDate": "VARCHAR", "document": "VARCHAR",
            "documentType": "VARCHAR", "isCorporate": "BOOLEAN", "gender": "VARCHAR",
            "isNewsletterOptIn": "BOOLEAN", "localeDefault": "VARCHAR", "createdIn": "VARCHAR",
            "updatedIn": "VARCHAR", "lastInteractionIn": "VARCHAR"
        }') as said
    from raw.vtex_customers
    where store = getvariable('store') and key in (select key from loaded_keys)
),

renamed as (
    select
        store,
        contact_id,
        'vtex' as source,
        id_key(identifier(said.userId)) as customer_id,
        clean_email(said.email) as email,
        name_or_null(said.firstName) as first_name,
        name_or_null(said.lastName) as last_name,
        coalesce(
            name_or_null(said.homePhone), name_or_null(said.cellPhone), name_or_null(said.phone),
            name_or_null(said.businessPhone)
        ) as phone,
        real_birth_date(try_cast(trim(said.birthDate)[1:10] as date), read_on) as birth_date,
        clean_document(said.document, said.documentType) as document,
        text_or_null(said.documentType) as document_type,
        coalesce(said.isCorporate, false) as is_corporate,
        text_or_null(said.gender) as gender,
        said.isNewsletterOptIn as newsletter_opt_in,
        try_cast(payload ->> ('$."' || getvariable('sms_field') || '"') as boolean) as sms_opt_in,
        try_cast(payload ->> ('$."' || getvariable('whatsapp_field') || '"') as boolean)
            as whatsapp_opt_in,
        try_cast(payload ->> ('$."' || getvariable('ads_field') || '"') as boolean) as ads_opt_in,
        text_or_null(said.localeDefault) as locale,
        to_json(map_from_entries(list_transform(
            getvariable('extra_fields')::varchar[],
            lambda field: {'key': field, 'value': payload ->> ('$."' || field || '"')}
        ))) as extra_fields,
        moment(said.createdIn) as created_at,
        moment(said.updatedIn) as updated_at,
        moment(said.lastInteractionIn) as last_interaction_at
    from documents
)

select * from renamed;
