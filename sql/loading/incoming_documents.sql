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
