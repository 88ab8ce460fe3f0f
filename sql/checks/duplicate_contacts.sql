-- A contact stored twice.
select store, source, contact_id
from contacts
where store = getvariable('store')
group by store, source, contact_id
having count(*) > 1;
