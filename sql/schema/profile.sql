-- profile: what was computed from purchases. `coded_profiles` and `rfm_cut_points` take their columns
-- from the first frame they are given, because the declared fields live in one place only. `profiles` is a view
-- of `coded_profiles` in which the texts of `profile_texts` stand for the codes.

-- Grain: one row per store and text that its profiles may hold as a code. Codes count from 1 in each store.
create table if not exists profile_texts (store varchar, code uinteger, text varchar);

-- Grain: one row per customer and stretch of days with the same segment, group and scores.
-- valid_to is the first day that it no longer held; null while it holds.
create table if not exists segment_history (
    store varchar, customer_key bigint, rfm_segment varchar, rfm_group varchar, r_score bigint,
    f_score bigint, m_score bigint, valid_from date, valid_to date
);
-- Grain: one row per store and day for which profiles were kept; history_since is the day of the oldest purchase
-- known then, where every lifetime figure begins.
create table if not exists profile_runs (
    run_id varchar, store varchar, as_of date, customer_count bigint, kept_at timestamp,
    history_since date
);
-- Grain: one row per store and field of the settings ([fields.NAME]); problem says why it is null in the newest profiles.
create table if not exists own_fields (
    store varchar, as_of date, field varchar, type varchar, unit varchar, definition varchar, problem varchar
);
