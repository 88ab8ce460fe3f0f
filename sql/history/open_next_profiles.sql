-- profiles_next without rows, in the columns of the registered frame `incoming`.
create table profiles_next as
from incoming
where false;
