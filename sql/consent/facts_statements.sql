-- Everything that was said. Grain: one row per statement.
select email_digest as person, origin, opted_in, changed_at, is_dated, by_person
from consent_statements
where store = getvariable('store');
