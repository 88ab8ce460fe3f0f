-- The lines of the file `path`, of people who were forgotten, that this warehouse does not know: of
-- a restore, or of a warehouse that was begun anew. A warehouse without a salt takes over the file's.
create or replace temp table remembered as
select *
from read_json(
    getvariable('path'),
    format = 'newline_delimited',
    ignore_errors = true,
    columns = {
        store: 'varchar', kind: 'varchar', digest: 'varchar', customer_key: 'bigint',
        salt: 'varchar', certificate: 'varchar', forgotten_at: 'timestamp'
    }
)
where digest is not null and salt is not null;

insert into state.tombstone_salt
select arg_max(salt, forgotten_at)
from remembered
where not exists (from state.tombstone_salt)
having count(*) > 0;

create or replace temp table adopted as
select distinct on (store, digest)
    store,
    kind,
    digest,
    customer_key,
    forgotten_at,
    nullif(salt, (select salt from state.tombstone_salt)) as salt,
    certificate
from remembered
where (store, digest) not in (select (store, digest) from state.tombstones);

insert into state.tombstones by name from adopted;

create or replace temp table was_checked as
select
    not exists (from adopted)
    and not exists (from state.tombstones_read where not is_checked) as is_checked;

delete from state.tombstones_read;

insert into state.tombstones_read
select getvariable('byte_count'), is_checked
from was_checked;
