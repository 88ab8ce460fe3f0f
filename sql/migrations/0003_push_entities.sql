-- Schema 3: a push is about one entity. Until then there were profiles only, called profile.
alter table push_runs add column if not exists entity varchar;
update push_runs set entity = 'profiles' where entity is null;
update push_batches set entity = 'profiles' where entity = 'profile';
update push_records set entity = 'profiles' where entity = 'profile';
update push_jobs set entity = 'profiles' where entity = 'profile';
update push_job_records set entity = 'profiles' where entity = 'profile';
update push_intents set entity = 'profiles' where entity = 'profile';
update push_confirmations set entity = 'profiles' where entity = 'profile';
