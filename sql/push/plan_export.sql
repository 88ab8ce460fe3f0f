-- How many records an export has, and how many of them were answered in earlier runs.
update push_exports
set record_count = getvariable('record_count'), done_count = getvariable('done_count')
where export_id = getvariable('export_id');
