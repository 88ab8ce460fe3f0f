-- A person known by nothing but an address: the same digest as of a forgotten one (sql/forget), so that
-- the two can be compared. The salt, state.tombstone_salt, never leaves the warehouse.
create or replace temp macro email_digest(salt, email) as sha256(salt || 'email:' || email);
