-- consent: who wants the newsletter, as each side says. A person stands here as the salted digest of
-- the e-mail alone: whoever is no customer of the warehouse leaves no address in it.

create schema if not exists state;

-- Grain: one row per store, person, origin, moment and answer; a statement is never changed.
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
-- Grain: one row per store and person with a statement: what counts now and why. is_settled is
-- false where another side shows something else and nobody can say who is right.
create table if not exists consents (
    store varchar, email_digest varchar, customer_key bigint, opted_in boolean,
    changed_at timestamp, origin varchar, is_dated boolean, is_settled boolean, decided_at timestamp
);
-- Grain: one row per decision to write to a party, VTEX or a platform: what stood there before (null: not
-- known), what was to stand there, on whose word of when, and what became of it. The proof of consent.
create table if not exists consent_decisions (
    store varchar, party varchar, email_digest varchar, contact_id varchar, customer_key bigint,
    was boolean, opted_in boolean, changed_at timestamp, origin varchar, outcome varchar,
    code varchar, decided_at timestamp, settled_at timestamp, run_id varchar
);
-- Grain: one row per store, party and subject: a customer document of VTEX, or a person at a platform
-- that is asked one by one. What it showed when last looked at or written; known_at: of a party that is
-- not looked at as a whole.
create table if not exists state.consent_known (
    store varchar, party varchar, subject varchar, email_digest varchar, opted_in boolean,
    known_at timestamp, written_at timestamp
);
-- Grain: one row per store and party: up to when everything it says was known.
create table if not exists state.consent_looks (store varchar, party varchar, looked_at timestamp);
-- Grain: one row per store, destination and person whose consent the platform has to get, sent or not.
create table if not exists state.consent_wishes (
    store varchar, destination varchar, email_digest varchar, opted_in boolean,
    changed_at timestamp, origin varchar
);
-- Grain: one row per store and person whom VTEX does not know and whom the shop wants to create there
-- (create_unknown). The only place with an address of nobody's; it goes when the person is there.
create table if not exists state.consent_addresses (
    store varchar, email_digest varchar, email varchar, kept_at timestamp
);
-- Grain: one row per store and destination with a job of its own that was not read to its end.
create table if not exists state.consent_exports (
    store varchar, destination varchar, export_id varchar, started_at timestamp
);
