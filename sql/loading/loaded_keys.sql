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
