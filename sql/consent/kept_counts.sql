-- What keep_statements made of its frame. Grain: one row.
select
    (select count(*) from new_statements) as statement_count,
    (select count(*) from incoming_statements where event = 'bounced') as bounce_count,
    (select count(*) from incoming) - (
        select count(*) from incoming where clean_email(email) is not null
    ) as unusable_count;
