-- consent: who wants the newsletter, as each side says. A person stands here as the salted digest of
-- the e-mail alone: whoever is no customer of the warehouse leaves no address in it.

-- Grain: one row per store, person, origin, moment and wish; what was said is never changed.
-- changed_at is when the person decided, as the origin tells; by_person: the origin proves that it was
-- the person and no program.
create table if not exists consent_statements (
    store varchar, email_digest varchar, origin varchar, opted_in boolean, changed_at timestamp,
    is_dated boolean, by_person boolean, received_at timestamp, run_id varchar
);
-- Grain: one row per store, person, origin and moment at which a mail came back.
create table if not exists email_bounces (
    store varchar, email_digest varchar, origin varchar, bounced_at timestamp, run_id varchar
);
