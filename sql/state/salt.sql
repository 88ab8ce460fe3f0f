-- The salt of all digests; made once.
insert into state.tombstone_salt
select getvariable('fresh_salt')
where not exists (from state.tombstone_salt);
