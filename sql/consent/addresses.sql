-- The addresses of people who are to be created in VTEX. Grain: one row per person.
select email_digest as person, email
from state.consent_addresses
where store = getvariable('store');
