-- What the migration has used up.
drop table older_profiles;

drop type older_text;
