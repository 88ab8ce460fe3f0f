-- How much was said of the consent of the people to forget. Grain: one row.
select 'consents' as what, count(*) as row_count
from consent_statements
where store = getvariable('store') and email_digest in (select digest from forgotten_digests);
