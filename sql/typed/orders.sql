-- orders, from VTEX. Grain: one row per order of loaded_keys.
-- By hand: set variable store = 'main'; create temp table loaded_keys as select key from raw.vtex_orders;
-- Moments have up to 7 digits; value is what was paid after discounts, with shipping and tax. change_cents is what
-- changes without items put on the order, or took off.
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
            "marketingData": {
                "coupon": "VARCHAR", "utmSource": "VARCHAR", "utmMedium": "VARCHAR",
                "utmCampaign": "VARCHAR"
            },
            "shippingData": {
                "address": {
                    "country": "VARCHAR", "state": "VARCHAR", "city": "VARCHAR",
                    "postalPrefix": "VARCHAR"
                },
                "selectedAddresses": [{
                    "country": "VARCHAR", "state": "VARCHAR", "city": "VARCHAR",
                    "postalPrefix": "VARCHAR"
                }],
                "logisticsInfo": [{
                    "selectedDeliveryChannel": "VARCHAR", "deliveryChannel": "VARCHAR",
                    "pickupPointId": "VARCHAR"
                }]
            },
            "changesAttachment": {"changesData": [{
                "discountValue": "DOUBLE", "incrementValue": "DOUBLE",
                "itemsAdded": [{"id": "VARCHAR"}], "itemsRemoved": [{"id": "VARCHAR"}]
            }]},
            "clientPreferencesData": {"locale": "VARCHAR", "optinNewsLetter": "BOOLEAN"},
            "paymentData": {"transactions": [{
                "isActive": "BOOLEAN", "payments": [{
                    "paymentSystemName": "VARCHAR", "group": "VARCHAR", "installments": "BIGINT"
                }]
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

chosen as (
    select
        *,
        flatten(list_transform(
            list_filter(
                said.paymentData.transactions, lambda paid: coalesce(paid.isActive, true)
            ),
            lambda paid: paid.payments
        )) as payments,
        case
            when coalesce(
                text_or_null(said.shippingData.address.state),
                text_or_null(said.shippingData.address.city)
            ) is null
                then coalesce(said.shippingData.selectedAddresses[1], said.shippingData.address)
            else said.shippingData.address
        end as sent_to
    from documents
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
            list_filter(said.totals, lambda total: total.id in ('Items', 'Discounts', 'Change')),
            lambda total: total."value"
        ))) as items_cents,
        cents(list_sum(list_transform(said.totals, lambda total: total."value")))
            as totals_cents,
        upper(text_or_null(said.storePreferencesData.currencyCode)) as currency,
        text_or_null(said.marketingData.coupon) as promo_code,
        lower(text_or_null(said.clientProfileData.userProfileId)) as user_profile_id,
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
        )[1].payments[1].paymentSystemName) as payment_method,
        sorted_texts(list_transform(
            payments, lambda paid: coalesce(text_or_null(paid.paymentSystemName), text_or_null(paid."group"))
        )) as payment_methods,
        list_max(list_transform(payments, lambda paid: paid.installments)) as installments,
        -cents(list_sum(list_transform(
            list_filter(said.totals, lambda total: total.id = 'Discounts'), lambda total: total."value"
        ))) as discount_cents,
        cents(list_sum(list_transform(
            list_filter(said.totals, lambda total: total.id = 'Shipping'), lambda total: total."value"
        ))) as shipping_cents,
        cents(list_sum(list_transform(
            list_filter(
                said.changesAttachment.changesData,
                lambda change: coalesce(len(change.itemsAdded), 0) + coalesce(len(change.itemsRemoved), 0) = 0
            ),
            lambda change: coalesce(change.incrementValue, 0) - coalesce(change.discountValue, 0)
        ))) as change_cents,
        text_or_null(sent_to.country) as country,
        name_or_null(sent_to.state) as state,
        name_or_null(sent_to.city) as city,
        text_or_null(sent_to.postalPrefix) as postal_prefix,
        sorted_texts(list_transform(
            said.shippingData.logisticsInfo,
            lambda part: coalesce(text_or_null(part.selectedDeliveryChannel), text_or_null(part.deliveryChannel))
        )) as delivery_types,
        sorted_texts(list_transform(
            said.shippingData.logisticsInfo, lambda part: text_or_null(part.pickupPointId)
        )) as pickup_points,
        text_or_null(said.marketingData.utmSource) as utm_source,
        text_or_null(said.marketingData.utmMedium) as utm_medium,
        text_or_null(said.marketingData.utmCampaign) as utm_campaign
    from chosen
)

select * from renamed;
