-- Everything of the entity changed up to watermark_at is stored.
delete from state.watermarks
where store = getvariable('store') and entity = getvariable('entity');

insert into state.watermarks
values (
    getvariable('store'), getvariable('entity'), getvariable('watermark_at')::timestamp,
    getvariable('run_id')::varchar, getvariable('now')::timestamp
);
