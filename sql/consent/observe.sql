-- consent_statements and state.consent_known, from looked: what changed since the party was last looked
-- at was said in between. A yes is dated as early as it can be, a no as late; what is seen for the first
-- time has no date, unless the document is younger than the last look; neither has a no where nothing
-- stood (a box nobody ticked). What we wrote there since, or meant to write, is no statement.
create or replace temp table observed as
with last_look as (
    select max(looked_at) as looked_at
    from state.consent_looks
    where store = getvariable('store') and party = getvariable('party')
),

beside as (
    select
        looked.*,
        known.subject is not null and known.email_digest = looked.email_digest as is_known,
        known.opted_in as was,
        coalesce(
            greatest(known.written_at, known.known_at, last_look.looked_at),
            '1970-01-01'::timestamp
        ) as known_until,
        coalesce(looked.born_at > last_look.looked_at, false) as is_young
    from looked
    cross join last_look
    left join state.consent_known as known
        on known.store = getvariable('store')
        and known.party = looked.party
        and known.subject = looked.subject
)

select
    *,
    case when is_known then was is distinct from opted_in else true end as is_new,
    exists (
        from consent_decisions as ours
        where ours.store = getvariable('store')
            and ours.party = beside.party
            and ours.opted_in = beside.opted_in
            and (
                (ours.contact_id = beside.subject and ours.outcome in ('intended', 'unknown'))
                or (
                    ours.contact_id is null
                    and ours.email_digest = beside.subject
                    and ours.outcome in ('accepted', 'queued', 'intended', 'unknown')
                    and ours.decided_at >= beside.known_until
                )
            )
    ) as is_ours
from beside;

create or replace temp table new_statements as
select
    getvariable('store') as store,
    email_digest,
    getvariable('party') as origin,
    opted_in,
    case
        when opted_in and is_known then known_until
        when opted_in then coalesce(born_at, '1970-01-01'::timestamp)
        else least(touched_at, getvariable('now')::timestamp)
    end as changed_at,
    case
        when opted_in then is_known or is_young
        else is_known and coalesce(was, false)
    end as is_dated,
    false as by_person,
    getvariable('now')::timestamp as received_at,
    getvariable('run_id')::varchar as run_id
from observed
where is_new
    and not is_ours
    and opted_in is not null
    -- Some platforms show a no of everybody who was never asked.
    and (opted_in or is_known or getvariable('states_no'))
    and email_digest not in (
        select digest from state.tombstones where store = getvariable('store')
    );

insert into consent_statements by name
select *
from new_statements as said
where not exists (
        from consent_statements as known
        where known.store = said.store
            and known.email_digest = said.email_digest
            and known.origin = said.origin
            and known.opted_in = said.opted_in
            and known.changed_at = said.changed_at
    );

update consent_decisions
set outcome = 'accepted', code = 'seen', settled_at = getvariable('now')::timestamp
where store = getvariable('store')
    and party = getvariable('party')
    and outcome in ('intended', 'unknown')
    and contact_id in (select subject from observed where is_new and is_ours);

create or replace temp table known_anew as
select observed.*, known.written_at
from observed
left join state.consent_known as known
    on known.store = getvariable('store')
    and known.party = observed.party
    and known.subject = observed.subject
where observed.is_new or not observed.is_known or getvariable('party') <> 'vtex';

delete from state.consent_known
where store = getvariable('store')
    and party = getvariable('party')
    and subject in (select subject from known_anew);

insert into state.consent_known by name
select
    getvariable('store') as store,
    party,
    subject,
    email_digest,
    opted_in,
    case when party <> 'vtex' then getvariable('now')::timestamp end as known_at,
    written_at
from known_anew;

delete from state.consent_looks
where store = getvariable('store') and party = getvariable('party');

insert into state.consent_looks
select getvariable('store'), getvariable('party'), getvariable('looked_at')::timestamp;
