-- changes (temporary). Grain: one row per row of digests that is new, gone or another than at the last
-- resolve.
create or replace temp table changes as
select coalesce(now.kind, before.kind) as kind, coalesce(now.row_key, before.row_key) as row_key
from digests as now
full join (
    from state.resolved_digests where store = getvariable('store')
) as before
    on before.kind = now.kind and before.row_key = now.row_key
where before.digest is distinct from now.digest;
