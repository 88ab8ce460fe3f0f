-- Everything that is personal of the people in the temporary tables of sql/forget/find.sql. Their
-- orders stay as anonymous sales: what VTEX was paid is the shop's, who paid is not, nor the quarter of a town it
-- was sent to. loaded_keys is
-- left for the typed tables, which are filled again from raw.
insert into state.tombstones by name
select
    getvariable('store') as store,
    kind,
    digest,
    customer_key,
    getvariable('now')::timestamp as forgotten_at,
    getvariable('certificate')::varchar as certificate,
    true as is_exact
from (
    select
        *,
        identifier_digest((select salt from state.tombstone_salt), kind, value) as digest
    from forgotten_identifiers
)
where digest not in (select digest from state.tombstones where store = getvariable('store'));

update raw.vtex_orders
set payload = json_merge_patch(payload, '{"clientProfileData": null, "clientPreferencesData": null,
    "shippingData": {"address": {"postalPrefix": null}, "selectedAddresses": null}}')
where store = getvariable('store') and key in (select order_id from forgotten_orders);

delete from raw.vtex_customers
where store = getvariable('store')
    and key in (select contact_id from forgotten_contacts where source = 'vtex');

update raw.imported_orders
set customer_id = null, email = null
where store = getvariable('store') and order_id in (select order_id from forgotten_orders);

delete from raw.imported_customers
where store = getvariable('store')
    and customer_id in (select contact_id from forgotten_contacts where source = 'import');

delete from contacts
where store = getvariable('store')
    and (source, contact_id) in (select (source, contact_id) from forgotten_contacts);

delete from carts
where store = getvariable('store')
    and contact_id in (select contact_id from forgotten_contacts where source = 'vtex');

delete from state.rejects
where rowid in (select reject from forgotten_rejects);

delete from segment_history
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers);

-- That somebody left is counted, nobody knows who.
insert into audience_history by name
select store, audience, getvariable('now')::date as left_on, 'forgotten' as left_because
from audience_history
where store = getvariable('store')
    and left_on is null
    and customer_key in (select customer_key from forgotten_customers);

delete from audience_history
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers);

delete from audience_assignments
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers);

-- A SKU or a coupon may look like one of our keys; it is nobody's.
delete from push_records
where store = getvariable('store')
    and case
        when entity = 'purchases' then record_id in (select order_id from forgotten_orders)
        when entity in ('products', 'coupons') then false
        else
            split_part(record_id, ':', 1) in (select customer_key::varchar from forgotten_customers)
            or lower(record_id) in (select value from forgotten_identifiers where kind = 'email')
    end;

delete from push_job_records
where store = getvariable('store')
    and case
        when entity = 'purchases' then record_id in (select order_id from forgotten_orders)
        when entity in ('products', 'coupons') then false
        else split_part(record_id, ':', 1) in (select customer_key::varchar from forgotten_customers)
    end;

delete from push_intents
where store = getvariable('store')
    and case
        when entity = 'purchases' then record_id in (select order_id from forgotten_orders)
        when entity in ('products', 'coupons') then false
        else split_part(record_id, ':', 1) in (select customer_key::varchar from forgotten_customers)
    end;

delete from push_addresses
where store = getvariable('store')
    and split_part(record_id, ':', 1) in (select customer_key::varchar from forgotten_customers);

delete from identity_links
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers);

delete from customer_merges
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers);

delete from customer_splits
where store = getvariable('store')
    and (
        customer_key in (select customer_key from forgotten_customers)
        or new_customer_key in (select customer_key from forgotten_customers)
    );

-- Without their links a resolve could not tell what else was theirs: it rebuilds everything.
delete from state.resolved where store = getvariable('store');

create or replace temp table loaded_keys as
select order_id as key, false as is_new
from forgotten_orders;
