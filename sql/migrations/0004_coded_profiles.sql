-- Schema 4: what profiles hold of a vocabulary is kept as codes of profile_texts, and `profiles` is a view of both.
-- The rows of an older table are coded right after (see migrations/older_profiles).
alter table if exists profiles rename to older_profiles;
