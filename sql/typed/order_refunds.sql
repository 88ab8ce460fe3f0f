-- order_refunds, from VTEX. Grain: one row per return receipt of the orders of loaded_keys.
-- A return is a package of type Input; VTEX may repeat a receipt, which counts once: its number, its value and its
-- day are the same. Two parts of an order may come back under one number.
-- The amount is restitutions.Refund.value, else the invoice value of the package.
delete from order_refunds
where store = getvariable('store') and source = 'vtex'
    and order_id in (select key from loaded_keys);

insert into order_refunds by name
with documents as (
    select
        store,
        key as order_id,
        json_transform(payload -> '$.packageAttachment.packages', '[{
            "type": "VARCHAR", "invoiceNumber": "VARCHAR", "invoiceValue": "DOUBLE",
            "issuanceDate": "VARCHAR", "restitutions": {"Refund": {"value": "DOUBLE"}}
        }]') as packages
    from raw.vtex_orders
    where store = getvariable('store') and key in (select key from loaded_keys)
),

packages as (
    select
        store,
        order_id,
        unnest(packages) as package,
        generate_subscripts(packages, 1) as package_no
    from documents
),

returns as (
    select
        store,
        order_id,
        coalesce(text_or_null(package.invoiceNumber), 'package ' || package_no) as receipt,
        moment(package.issuanceDate) as refunded_at,
        abs(cents(coalesce(package.restitutions.Refund."value", package.invoiceValue))) as amount_cents
    from packages
    where lower(package.type) = 'input'
)

select
    store,
    order_id,
    'vtex' as source,
    receipt,
    min(refunded_at) as refunded_at,
    amount_cents
from returns
where amount_cents > 0
group by store, order_id, receipt, amount_cents, refunded_at::date;
