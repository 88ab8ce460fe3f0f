-- audience_members, a view of the read copy. Grain: one row per customer and audience the customer is in.
select store, audience, customer_key, joined_on
from audience_history
where left_on is null and customer_key is not null;
