-- there (temporary). Grain: one row per record that a destination has or may have of one entity: sent
-- before, or on its way when a push was killed.
create or replace temp table there as
select record_id
from push_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and (accepted_at is not null or outcome in ('queued', 'unknown'))
union
select record_id
from push_intents
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity');
