-- name: customer_keys
-- The found people. Grain: one row per customer.
select customer_key
from forgotten_customers
order by customer_key;

-- name: identifiers
-- The identifiers of the people in the temporary tables of sql/forget/find.sql. Grain: one row per
-- identifier.
select kind, value, customer_key
from forgotten_identifiers
order by kind, value;

-- name: digests
-- What is remembered of these people outside the warehouse. Grain: one row per identifier.
select
    getvariable('store')::varchar as store,
    kind,
    identifier_digest((select salt from state.tombstone_salt), kind, value) as digest,
    customer_key,
    (select salt from state.tombstone_salt) as salt,
    true as is_exact
from forgotten_identifiers
order by kind, digest;

-- name: counts
-- What there is of the people to forget. Grain: one row per kind of thing.
select 'customers' as what, count(*) as row_count from forgotten_customers
union all
select 'contacts', count(*) from forgotten_contacts
union all
select 'orders made anonymous', count(*) from forgotten_orders
union all
select 'identifiers', count(*) from forgotten_identifiers
union all
select 'history rows', count(*)
from segment_history
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers)
union all
select 'rows of audiences', count(*)
from (
    select store, customer_key from audience_history
    union all
    select store, customer_key from audience_assignments
)
where store = getvariable('store')
    and customer_key in (select customer_key from forgotten_customers)
union all
select 'records of pushes', count(*)
from push_records
where store = getvariable('store')
    and case
        when entity = 'purchases' then record_id in (select order_id from forgotten_orders)
        when entity in ('products', 'coupons') then false
        else split_part(record_id, ':', 1) in (select customer_key::varchar from forgotten_customers)
    end
union all
select 'consents', count(*)
from consent_statements
where store = getvariable('store') and email_digest in (select digest from forgotten_digests)
union all
select 'rejects', count(*)
from forgotten_rejects;

-- name: traces
-- The texts by which files and copies are searched for these people: their identifiers and phones, without
-- those that somebody else carries too. Grain: one row per kind and text.
with others as (
    select email, document, phone
    from contacts
    where store = getvariable('store')
        and (source, contact_id) not in (select (source, contact_id) from forgotten_contacts)
    union all
    select email, document, phone
    from orders
    where store = getvariable('store')
        and order_id not in (select order_id from forgotten_orders)
),

theirs as (
    select
        kind,
        case when kind = 'contact' then regexp_replace(value, '^[^:]*:', '') else value end as value
    from forgotten_identifiers
    union
    select 'phone' as kind, phone as value
    from forgotten_contacts
    union
    select 'phone' as kind, orders.phone as value
    from orders
    inner join forgotten_orders using (order_id)
    where orders.store = getvariable('store')
)

select kind, value
from theirs
where value is not null
    and not (kind = 'email' and value in (select email from others where email is not null))
    and not (kind = 'document' and value in (select document from others where document is not null))
    and not (kind = 'phone' and value in (select phone from others where phone is not null))
order by kind, value;

-- name: own_rejects
-- The rejects that are the people's own documents. Grain: one row per reject.
select rowid as reject
from state.rejects
where store = getvariable('store')
    and (
        key in (select contact_id from forgotten_contacts)
        or key in (select order_id from forgotten_orders)
    );

-- name: pushed
-- Where these people were pushed to. Grain: one row per destination, record and key there. Erasing the person there
-- takes what belongs to them along; where their purchases, carts or lists are and no profile is, nobody
-- knows what the platform knows them by (a null remote_key).
with theirs as (
    select destination, entity, record_id, remote_key
    from (
        select destination, store, entity, record_id, remote_key, memo
        from push_records
        -- What is on its way, or of which nobody knows, may be there as well.
        where accepted_at is not null or outcome in ('queued', 'unknown')
        union all
        -- All but a profile is known by its record.
        select destination, store, entity, record_id, coalesce(remote_key, record_id) as remote_key, memo
        from push_intents
        where entity <> 'profiles'
    )
    where store = getvariable('store')
        and case
            when entity = 'purchases' then record_id in (select order_id from forgotten_orders)
            when entity in ('products', 'coupons') then false
            when entity = 'audiences' and memo is not null then false
            else
                split_part(record_id, ':', 1) in (select customer_key::varchar from forgotten_customers)
                or lower(record_id) in (select value from forgotten_identifiers where kind = 'email')
        end
    union all
    -- By these they were known before, and may be still.
    select destination, entity, record_id, address as remote_key
    from push_addresses
    where store = getvariable('store')
        and split_part(record_id, ':', 1) in (select customer_key::varchar from forgotten_customers)
    union all
    select destination, entity, record_id, remote_key
    from push_job_records
    where store = getvariable('store')
        and entity in ('profiles', 'next_best_products')
        and record_id in (select customer_key::varchar from forgotten_customers)
    union all
    select destination, entity, record_id, remote_key
    from push_intents
    where store = getvariable('store')
        and entity = 'profiles'
        and remote_key is not null
        and record_id in (select customer_key::varchar from forgotten_customers)
    union all
    select destination, entity, record_id, null as remote_key
    from push_intents
    where store = getvariable('store')
        and entity = 'profiles'
        and remote_key is null
        and record_id in (select customer_key::varchar from forgotten_customers)
        and (destination, record_id) not in (
            select (destination, record_id)
            from push_records
            where store = getvariable('store') and entity = 'profiles' and accepted_at is not null
        )
)

select distinct destination, record_id, remote_key
from theirs
where entity not in ('purchases', 'carts', 'audiences')
union
-- The lists that they are in, as JSON: the list and the addresses they are in it under.
select
    destination,
    record_id,
    json_merge_patch(
        memo::json, json_object('list', substr(record_id, strpos(record_id, ':') + 1))
    )::varchar as remote_key
from (
    select destination, store, entity, record_id, memo
    from push_records
    where accepted_at is not null or outcome in ('queued', 'unknown')
    union
    select destination, store, entity, record_id, memo
    from push_intents
)
where store = getvariable('store')
    and entity = 'audiences'
    and memo is not null
    and split_part(record_id, ':', 1) in (select customer_key::varchar from forgotten_customers)
union all
select destination, min(record_id) as record_id, null as remote_key
from theirs
where entity in ('purchases', 'carts', 'audiences')
    and destination not in (
        select destination from theirs where entity not in ('purchases', 'carts', 'audiences')
    )
group by destination
order by destination, record_id;

-- name: salts
-- tombstone_salts (temporary): with what the digests of forgotten people are salted. Grain: one row per salt.
create or replace temp table tombstone_salts as
select salt from state.tombstone_salt
union
select salt from state.tombstones where salt is not null;

-- name: imported
-- What identifies somebody in a file, as digests are made of it. A digest of before schema 8 was made of an id in lower case.
create or replace temp macro imported_identifiers(customer_id, email) as [
    {'identifier': 'customer_id:' || id_key(identifier(customer_id)), 'is_former': false},
    {'identifier': 'customer_id:' || lower(identifier(customer_id)), 'is_former': true},
    {'identifier': 'email:' || clean_email(email), 'is_former': false}
];

-- name: tombstones
-- How many identifiers of the store must stay away.
select count(*) as row_count
from state.tombstones
where store = getvariable('store');

-- name: incoming_customers
-- incoming_documents of customers: the documents of whoever was forgotten are not taken in.
delete from incoming_documents
where key in (
    with identified as (
        select
            key,
            unnest([
                'contact:vtex:' || lower(key),
                'customer_id:' || id_key(identifier(payload ->> '$.userId')),
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

-- name: incoming_orders
-- incoming_documents of orders: whoever was forgotten stays away, the sale is kept as anonymous.
create or replace temp table tombstoned_documents as
with identified as (
    select
        key,
        unnest([
            'customer_id:' || id_key(identifier(payload ->> '$.clientProfileData.userProfileId')),
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

-- name: imported_customers
-- The registered frame `incoming` of customers without whoever was forgotten.
with identified as (
    select customer_id, email, unnest(imported_identifiers(customer_id, email), recursive := true)
    from incoming
),

forgotten as (
    select identified.customer_id, identified.email
    from identified
    cross join tombstone_salts as salts
    inner join state.tombstones as tombstones
        on tombstones.digest = sha256(salts.salt || identified.identifier)
        and (not identified.is_former or tombstones.is_exact is null)
    where tombstones.store = getvariable('store')
)

select *
from incoming
where not exists (
        from forgotten
        where forgotten.customer_id is not distinct from incoming.customer_id
            and forgotten.email is not distinct from incoming.email
    );

-- name: imported_orders
-- The registered frame `incoming` of orders without whoever was forgotten.
with identified as (
    select order_id, unnest(imported_identifiers(customer_id, email), recursive := true)
    from incoming
),

forgotten as (
    select identified.order_id
    from identified
    cross join tombstone_salts as salts
    inner join state.tombstones as tombstones
        on tombstones.digest = sha256(salts.salt || identified.identifier)
        and (not identified.is_former or tombstones.is_exact is null)
    where tombstones.store = getvariable('store')
)

select
    * replace (
        case when order_id not in (select order_id from forgotten) then customer_id end as customer_id,
        case when order_id not in (select order_id from forgotten) then email end as email
    )
from incoming;

-- name: adopt
-- The lines of the file `path`, of people who were forgotten, that this warehouse does not know: of
-- a restore, or of a newly created warehouse. A warehouse without a salt takes over the file's.
create or replace temp table remembered as
select *
from read_json(
    getvariable('path'),
    format = 'newline_delimited',
    ignore_errors = true,
    columns = {
        store: 'varchar', kind: 'varchar', digest: 'varchar', customer_key: 'bigint',
        salt: 'varchar', certificate: 'varchar', forgotten_at: 'timestamp', is_exact: 'boolean'
    }
)
where digest is not null and salt is not null;

insert into state.tombstone_salt
select arg_max(salt, forgotten_at)
from remembered
where not exists (from state.tombstone_salt)
having count(*) > 0;

create or replace temp table adopted as
select distinct on (store, digest)
    store,
    kind,
    digest,
    customer_key,
    forgotten_at,
    nullif(salt, (select salt from state.tombstone_salt)) as salt,
    certificate,
    is_exact
from remembered
where (store, digest) not in (select (store, digest) from state.tombstones);

insert into state.tombstones by name from adopted;

create or replace temp table was_checked as
select
    not exists (from adopted)
    and not exists (from state.tombstones_read where not is_checked) as is_checked;

delete from state.tombstones_read;

insert into state.tombstones_read
select getvariable('byte_count'), is_checked
from was_checked;

-- name: returned
-- Customers who were forgotten and are here again. A document alone is no proof where the customer has other
-- identifiers: several people may have used it. Grain: one row per customer.
with salts as (
    select salt from state.tombstone_salt
    union
    select salt from state.tombstones where salt is not null
),

linked as (
    select
        links.customer_key,
        links.kind,
        links.value,
        max(tombstones.certificate) as certificate,
        count(tombstones.digest) > 0 as is_forgotten
    from identity_links as links
    cross join salts
    left join state.tombstones as tombstones
        on tombstones.store = links.store
        and (
            tombstones.digest = identifier_digest(salts.salt, links.kind, links.value)
            or (
                tombstones.is_exact is null
                and tombstones.digest = sha256(salts.salt || links.kind || ':' || lower(links.value))
            )
        )
    where links.store = getvariable('store')
    group by links.customer_key, links.kind, links.value
)

select customer_key, max(certificate) as certificate
from linked
group by customer_key
having bool_or(is_forgotten and kind <> 'document') or bool_and(is_forgotten)
order by customer_key;

-- name: inactive
-- Customers without a purchase or another sign of life since `before`. Of whom no moment is known at
-- all, nothing can be said: they stay. Grain: one row per customer.
with signs as (
    select order_customers.customer_key, max(greatest(orders.created_at, orders.last_change_at)) as seen_at
    from order_customers
    inner join orders using (store, order_id)
    where order_customers.store = getvariable('store')
    group by order_customers.customer_key
    union all
    select
        links.customer_key,
        max(greatest(contacts.created_at, contacts.updated_at, contacts.last_interaction_at))
    from contacts
    inner join identity_links as links
        on links.store = contacts.store
        and links.kind = 'contact'
        and links.value = contacts.source || ':' || contacts.contact_id
    where contacts.store = getvariable('store')
    group by links.customer_key
    union all
    select customer_key, max(changed_at)
    from consents
    where store = getvariable('store')
    group by customer_key
    union all
    select customers.customer_key, max(carts.abandoned_at)
    from carts
    inner join customers using (store, customer_id)
    where carts.store = getvariable('store')
    group by customers.customer_key
    union all
    select customer_key, first_seen_at
    from customers
    where store = getvariable('store')
)

select customer_key
from signs
inner join customers using (customer_key)
where customers.store = getvariable('store')
group by customer_key
having max(seen_at) < getvariable('before')::timestamp
order by customer_key;
