-- orders, from VTEX. Grain: one row per order of loaded_keys.
-- By hand: set variable store = 'main'; create temp table loaded_keys as select key from raw.vtex_orders;
-- Moments have up to 7 digits; value is what was paid after discounts, with shipping and tax.
delete from orders
where store = getvariable('store') and order_id in (select key from loaded_keys);

insert into orders by name
with documents as (
    select
        store,
        key as order_id,
        json_transform(payload, '{
            "orderGroup": "VARCHAR", "origin": "VARCHAR", "affiliateId": "VARCHAR",
            "hostname": "VARCHAR", "salesChannel": "VARCHAR", "status": "VARCHAR",
            "isCompleted": "BOOLEAN", "creationDate": "VARCHAR", "authorizedDate": "VARCHAR",
            "invoicedDate": "VARCHAR", "lastChange": "VARCHAR", "value": "DOUBLE",
            "totals": [{"id": "VARCHAR", "value": "DOUBLE"}],
            "storePreferencesData": {"currencyCode": "VARCHAR"},
            "marketingData": {"coupon": "VARCHAR"},
            "clientPreferencesData": {"locale": "VARCHAR", "optinNewsLetter": "BOOLEAN"},
            "paymentData": {"transactions": [{
                "isActive": "BOOLEAN", "payments": [{"paymentSystemName": "VARCHAR"}]
            }]},
            "clientProfileData": {
                "userProfileId": "VARCHAR", "email": "VARCHAR", "document": "VARCHAR",
                "documentType": "VARCHAR", "isCorporate": "BOOLEAN", "phone": "VARCHAR",
                "firstName": "VARCHAR", "lastName": "VARCHAR"
            }
        }') as said
    from raw.vtex_orders
    where store = getvariable('store') and key in (select key from loaded_keys)
),

renamed as (
    select
        store,
        order_id,
        'vtex' as source,
        text_or_null(said.orderGroup) as order_group,
        text_or_null(said.origin) as origin,
        text_or_null(said.affiliateId) as affiliate_id,
        text_or_null(said.hostname) as hostname,
        text_or_null(said.salesChannel) as sales_channel,
        lower(text_or_null(said.status)) as status,
        coalesce(said.isCompleted, false) as is_completed,
        moment(said.creationDate) as created_at,
        moment(said.authorizedDate) as authorized_at,
        moment(said.invoicedDate) as invoiced_at,
        moment(said.lastChange) as last_change_at,
        cents(said."value") as value_cents,
        cents(list_sum(list_transform(
            list_filter(said.totals, lambda total: total.id in ('Items', 'Discounts')),
            lambda total: total."value"
        ))) as items_cents,
        cents(list_sum(list_transform(said.totals, lambda total: total."value")))
            as totals_cents,
        upper(text_or_null(said.storePreferencesData.currencyCode)) as currency,
        text_or_null(said.marketingData.coupon) as promo_code,
        id_key(identifier(said.clientProfileData.userProfileId)) as user_profile_id,
        clean_email(said.clientProfileData.email) as email,
        clean_document(said.clientProfileData.document, said.clientProfileData.documentType)
            as document,
        text_or_null(said.clientProfileData.documentType) as document_type,
        coalesce(said.clientProfileData.isCorporate, false) as is_corporate,
        name_or_null(said.clientProfileData.phone) as phone,
        name_or_null(said.clientProfileData.firstName) as first_name,
        name_or_null(said.clientProfileData.lastName) as last_name,
        text_or_null(said.clientPreferencesData.locale) as locale,
        said.clientPreferencesData.optinNewsLetter as newsletter_opt_in,
        text_or_null(list_filter(
            said.paymentData.transactions, lambda paid: coalesce(paid.isActive, true)
        )[1].payments[1].paymentSystemName) as payment_method
    from documents
)

select * from renamed;
