-- Records whose request left and whose outcome nobody knows: the sender was killed in between.
select distinct record_id
from push_intents
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
union
select record_id
from push_records
where destination = getvariable('destination')
    and store = getvariable('store')
    and entity = getvariable('entity')
    and outcome = 'unknown'
order by record_id;
