-- What we told the platforms and may have arrived. Grain: one row per decision.
select
    email_digest as person,
    party,
    opted_in,
    decided_at as written_at,
    settled_at,
    outcome in ('accepted', 'queued') as is_certain
from consent_decisions
where store = getvariable('store')
    and party <> 'vtex'
    and outcome in ('accepted', 'queued', 'intended', 'unknown');
