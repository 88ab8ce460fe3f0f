-- What VTEX refused to take, or has under another address: not tried again on the same word. Grain: one
-- row per decision.
select contact_id, email_digest as person, opted_in, changed_at
from consent_decisions
where store = getvariable('store') and party = 'vtex' and outcome in ('rejected', 'invalid');
