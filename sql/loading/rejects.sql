-- state.rejects. Grain: one row per record set aside; the frame `incoming_rejects` replaces what was
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
