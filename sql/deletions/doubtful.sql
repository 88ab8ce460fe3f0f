-- The contacts of VTEX whose deletion is in doubt. Registered frame: `listed` (contact_id), all that VTEX
-- lists. Known and not listed, or taken as deleted and listed. Grain: one row per contact; in an order that
-- every run draws anew, so that those beyond what one run asks for have their turn.
with deleted as (
    select contact_id
    from contact_deletions
    where store = getvariable('store') and source = 'vtex'
)

select
    contact_id,
    contact_id not in (select contact_id from listed) as is_unlisted
from contacts
where store = getvariable('store')
    and source = 'vtex'
    and (contact_id in (select contact_id from listed))
    = (contact_id in (select contact_id from deleted))
order by hash(contact_id || getvariable('run_id'));
