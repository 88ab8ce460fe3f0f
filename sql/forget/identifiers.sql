-- The identifiers of the people in the temporary tables of sql/forget/find.sql. Grain: one row per
-- identifier.
select kind, value, customer_key
from forgotten_identifiers
order by kind, value;
