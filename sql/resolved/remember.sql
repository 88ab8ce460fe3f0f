-- state.resolved and state.resolved_digests: what this resolve read, by which rules, and when everything
-- was last made anew.
create or replace temp table whole_before as
select whole_at
from state.resolved
where store = getvariable('store');

delete from state.resolved where store = getvariable('store');

insert into state.resolved by name
select
    getvariable('store') as store,
    getvariable('rules') as rules,
    case when getvariable('is_whole') then getvariable('now')::timestamp
        else (select whole_at from whole_before)
    end as whole_at,
    getvariable('run_id') as run_id,
    getvariable('now')::timestamp as resolved_at;

delete from state.resolved_digests as before
using changes
where before.store = getvariable('store')
    and before.kind = changes.kind
    and before.row_key = changes.row_key;

insert into state.resolved_digests by name
select getvariable('store') as store, digests.*
from digests
inner join changes using (kind, row_key);
