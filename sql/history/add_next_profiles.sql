-- profiles_next grows by the registered frame `incoming`: one part of the customers of one store.
-- Grain: one row per customer.
insert into profiles_next by name
from incoming;
