-- A contact stored twice.
select source, contact_id
from contacts
where store = getvariable('store')
group by source, contact_id
having count(*) > 1;
