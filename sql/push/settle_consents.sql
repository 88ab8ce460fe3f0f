-- consent_decisions: what a platform answered, from the registered frame `incoming` (record_id, outcome,
-- code). What it only queued is settled when its job is over, or never.
update consent_decisions
set outcome = incoming.outcome,
    code = incoming.code,
    settled_at = case
        when incoming.job_id is null then getvariable('now')::timestamp
    end
from incoming
where consent_decisions.store = getvariable('store')
    and consent_decisions.party = getvariable('destination')
    and consent_decisions.email_digest = incoming.record_id
    and consent_decisions.settled_at is null
    and consent_decisions.outcome in ('intended', 'queued');
