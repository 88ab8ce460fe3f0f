-- Rejects hold whole documents of people: they go after the days of the settings.
delete from state.rejects
where rejected_at < getvariable('before')::timestamp;
