-- Schema 12: audiences, their members by day, and the arms of their tests. sql/schema/audience.sql makes all three.
create table if not exists audience_history (
    store varchar, audience varchar, customer_key bigint, joined_on date, left_on date, left_because varchar
);
