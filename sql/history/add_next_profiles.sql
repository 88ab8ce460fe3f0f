-- profiles_next grows by the registered frame `incoming`: one part of the customers of one store.
-- The first part gives the columns. Grain: one row per customer.
create table if not exists profiles_next as
from incoming
where false;

insert into profiles_next by name
from incoming;
