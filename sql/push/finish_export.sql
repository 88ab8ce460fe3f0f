-- A run of an export is over: its status, and how many records were answered in all its runs.
update push_exports
set status = getvariable('status'),
    done_count = (
        select count(*)
        from push_records
        where push_records.export_id = getvariable('export_id')
            and outcome in ('accepted', 'queued', 'rejected', 'invalid')
    ),
    refused_count = (
        select count(*)
        from push_records
        where push_records.export_id = getvariable('export_id')
            and outcome in ('rejected', 'invalid')
    ),
    updated_at = getvariable('now')::timestamp,
    finished_at = case when getvariable('status') = 'completed' then getvariable('now')::timestamp end
where export_id = getvariable('export_id');
