-- An identifier that belongs to two customers.
select store, kind, value
from identity_links
where store = getvariable('store')
group by store, kind, value
having count(*) > 1;
