-- People known by nothing but their orders: each identifier of `kind` on an open order that no rule has
-- matched, and that nobody owns, is a person.
create or replace temp table found_people as
with found as (
    select distinct kind, value
    from open_identifiers as used
    where used.kind = getvariable('kind')
        and list_contains(getvariable('imported'), used.is_imported)
        and used.order_no not in (select order_no from matched_orders)
        and not exists (
            from open_owners
            where open_owners.kind = used.kind and open_owners.value = used.value
        )
),

highest as (
    select greatest(
        coalesce((select max(contact_no) from contact_groups), 0),
        coalesce((select max(group_no) from new_groups), 0)
    ) as group_no
)

select
    found.kind,
    found.value,
    (select group_no from highest) + row_number() over () as group_no
from found;

insert into new_groups select group_no, kind || ':' || value from found_people;

insert into open_owners
select kind, value, group_no, getvariable('match_rule') from found_people;
