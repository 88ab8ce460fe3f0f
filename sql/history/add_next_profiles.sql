-- profiles_next grows by the registered frame `incoming`: a block of the customers of one store.
-- Grain: one row per customer.
insert into profiles_next by name
from incoming;
