-- People known by nothing but their orders: each identifier of `kind` on an order that no rung has
-- matched, and that nobody owns, is a person.
insert into owners
select distinct
    kind,
    value,
    kind || ':' || value as group_id,
    getvariable('rung') as reason
from order_identifiers as used
where used.kind = getvariable('kind')
    and list_contains(getvariable('sources'), used.source)
    and used.order_id not in (select order_id from order_groups)
    and not exists (
        from owners where owners.kind = used.kind and owners.value = used.value
    );
