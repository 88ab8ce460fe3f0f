-- state.resolved and state.resolved_digests: what this resolve read, by which rules, and when everything
-- was last made anew.
update state.resolved
set run_id = getvariable('run_id'), resolved_at = getvariable('now')::timestamp
where store = getvariable('store');

delete from state.resolved where store = getvariable('store') and getvariable('is_whole');

insert into state.resolved by name
select
    getvariable('store') as store,
    getvariable('rules') as rules,
    getvariable('now')::timestamp as whole_at,
    getvariable('run_id') as run_id,
    getvariable('now')::timestamp as resolved_at
where getvariable('is_whole');

delete from state.resolved_digests as before
using changes
where before.store = getvariable('store')
    and before.kind = changes.kind
    and before.row_key = changes.row_key;

insert into state.resolved_digests by name
select getvariable('store') as store, digests.*
from digests
inner join changes using (kind, row_key);
