-- The export of a platform that is under way; a null one is none.
delete from state.consent_exports
where store = getvariable('store') and destination = getvariable('destination');

insert into state.consent_exports
select
    getvariable('store'),
    getvariable('destination'),
    getvariable('export_id')::varchar,
    getvariable('now')::timestamp
where getvariable('export_id')::varchar is not null;
