-- Schema 9: what a platform knew a customer by before an address changed is kept until the contact there was
-- moved or deleted (push_addresses), and a request on its way names its address. sql/schema/push.sql makes both.
create table if not exists push_addresses (
    destination varchar, store varchar, entity varchar, record_id varchar, address varchar,
    state varchar, noted_at timestamp
);
