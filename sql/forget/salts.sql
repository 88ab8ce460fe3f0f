-- tombstone_salts (temporary): with what the digests of forgotten people are salted. Grain: one row per salt.
create or replace temp table tombstone_salts as
select salt from state.tombstone_salt
union
select salt from state.tombstones where salt is not null;
