-- audience_changes, a view of the read copy. Grain: one row per customer, audience and day on which the customer joined
-- it or left it; because tells why somebody left. Who was forgotten has no customer_key.
select store, audience, customer_key, joined_on as changed_on, 'joined' as change, null::varchar as because
from audience_history
where joined_on is not null
union all
select store, audience, customer_key, left_on, 'left', left_because
from audience_history
where left_on is not null;
