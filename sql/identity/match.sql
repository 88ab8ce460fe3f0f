-- One rung: the orders not matched yet that carry an owned identifier of `kind` go to its owner. Then
-- they lend their other identifiers to that person, unless somebody owns them; the earliest order
-- decides between two people who would get the same one.
insert into order_groups
select used.order_id, owners.group_id, getvariable('rung') as rung
from order_identifiers as used
inner join owners on owners.kind = used.kind and owners.value = used.value
where used.kind = getvariable('kind')
    and list_contains(getvariable('sources'), used.source)
    and used.order_id not in (select order_id from order_groups);

insert into owners
select
    lent.kind,
    lent.value,
    arg_min(order_groups.group_id, (lent.created_at, lent.order_id)) as group_id,
    'order matched by ' || getvariable('rung') as reason
from order_identifiers as lent
inner join order_groups on order_groups.order_id = lent.order_id
where order_groups.rung = getvariable('rung')
    and not exists (
        from owners where owners.kind = lent.kind and owners.value = lent.value
    )
group by lent.kind, lent.value;
