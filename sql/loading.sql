-- name: incoming_documents
-- incoming_documents (temporary). Grain: one row per key of the registered frame `incoming`, the
-- newest of repeated documents, beside what raw_table already holds for it.
create or replace temp table incoming_documents as
with newest as (
    select
        key,
        arg_max(payload, (coalesce(changed_at, 'infinity'::timestamp), position)) as payload,
        max(changed_at) as changed_at
    from incoming
    group by key
),

stored as (
    select key, payload, changed_at
    from query_table(getvariable('raw_table'))
    where store = getvariable('store') and key in (select key from incoming)
)

select
    newest.key,
    newest.payload,
    newest.changed_at,
    stored.payload::varchar as stored_payload,
    stored.changed_at as stored_changed_at
from newest
left join stored on stored.key = newest.key;

-- name: keep_contact_values
-- Customers only: an e-mail or phone that VTEX once gave and now answers as null (it loses some) stays.
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

-- name: echoed_contacts
-- Customers only: a document that differs in nothing but its audit dates is the stored one. They move
-- with every visit and with every field that is written back to VTEX, and say nothing of the person. But
-- where a consent was written since, the stored document is not the last word: what contradicts us is news.
update incoming_documents
set payload = stored_payload, changed_at = stored_changed_at
where payload <> stored_payload
    and json_merge_patch(payload::json, '{"updatedIn": null, "lastInteractionIn": null}')
    = json_merge_patch(stored_payload::json, '{"updatedIn": null, "lastInteractionIn": null}')
    and not exists (
        from state.consent_known as known
        where known.store = getvariable('store')
            and known.party = 'vtex'
            and known.subject = incoming_documents.key
            and known.opted_in is distinct from try_cast(
                incoming_documents.payload::json ->> 'isNewsletterOptIn' as boolean
            )
    );

-- name: loaded_keys
-- loaded_keys (temporary). Grain: one row per key that is new or changed. A document older than the
-- stored one (VTEX answers may cross) and one that says the same are left alone.
create or replace temp table loaded_keys as
select key, stored_payload is null as is_new
from incoming_documents
where stored_payload is null
    or (
        payload <> stored_payload
        and coalesce(changed_at, 'infinity'::timestamp)
        >= coalesce(stored_changed_at, '-infinity'::timestamp)
    );

create or replace temp table loaded_documents as
select
    getvariable('store') as store,
    key,
    payload::json as payload,
    changed_at,
    getvariable('now')::timestamp as pulled_at,
    getvariable('run_id')::varchar as run_id
from incoming_documents
where key in (select key from loaded_keys);

-- name: settled_rejects
-- A record that is good now was rejected earlier: that is settled.
delete from state.rejects
where store = getvariable('store')
    and entity = getvariable('entity')
    and key in (select key from incoming_documents);

-- name: counts
-- One row: how many keys were new, changed and unchanged.
select
    count(*) filter (is_new) as new_count,
    count(*) filter (not is_new) as changed_count,
    (select count(*) from incoming_documents) - count(*) as unchanged_count
from loaded_keys;

-- name: rejects
-- state.rejects. Grain: one row per rejected record; the frame `incoming_rejects` replaces what was
-- said of the same record before, so a record that stays bad is one row, with its newest reason.
create or replace temp table new_rejects as
select distinct key, reason, payload, source, line
from incoming_rejects;

delete from state.rejects
using new_rejects
where state.rejects.store = getvariable('store')
    and state.rejects.entity = getvariable('entity')
    and (state.rejects.key, state.rejects.source, state.rejects.line)
    is not distinct from (new_rejects.key, new_rejects.source, new_rejects.line)
    and (new_rejects.key is not null or new_rejects.line is not null
        or state.rejects.payload = new_rejects.payload);

insert into state.rejects
select
    getvariable('store'),
    getvariable('entity'),
    key,
    reason,
    payload,
    source,
    line,
    getvariable('now')::timestamp,
    getvariable('run_id')::varchar
from new_rejects;

-- name: all_keys
-- loaded_keys (temporary): every key of raw_table, to fill the typed tables again from raw.
create or replace temp table loaded_keys as
select key, false as is_new
from query_table(getvariable('raw_table'))
where store = getvariable('store');
