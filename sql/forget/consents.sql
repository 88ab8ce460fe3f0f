-- forgotten_digests (temporary): the people of sql/forget/find.sql as consent knows them. Grain: one row
-- per address.
create or replace temp table forgotten_digests as
select email_digest((select salt from state.tombstone_salt), lower(value)) as digest
from forgotten_identifiers
where kind = 'email';
