-- coded_profiles and profile_texts from older_profiles, where the columns named in `lists` and `texts` hold texts.
-- Grain: one row per customer. Every store gets the texts of all, until its next profiles bring its own.
create type older_text as enum (
    select unnest(held) as text
    from (
        unpivot (
            select columns(lambda name: list_contains(getvariable('lists'), name)) from older_profiles
        )
        on columns(*) into name column_name value held
    )
    union
    select held
    from (
        unpivot (
            select columns(lambda name: list_contains(getvariable('texts'), name)) from older_profiles
        )
        on columns(*) into name column_name value held
    )
    order by text
);

insert into profile_texts by name
select store, enum_code(text::older_text)::uinteger + 1 as code, text
from (select distinct store from older_profiles), (select unnest(enum_range(null::older_text)) as text);

create table coded_profiles as
select
    columns(lambda name: not list_contains(getvariable('lists') || getvariable('texts'), name)),
    enum_code(
        columns(lambda name: list_contains(getvariable('texts'), name))::older_text
    )::uinteger + 1,
    list_transform(
        columns(lambda name: list_contains(getvariable('lists'), name))::older_text[],
        lambda text: enum_code(text)::uinteger + 1
    )
from older_profiles;

drop table older_profiles;

drop type older_text;
