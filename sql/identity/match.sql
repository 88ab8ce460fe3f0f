-- One match rule: the open orders not matched yet that carry an owned identifier of `kind` go to its owner. Then
-- they lend their other identifiers to that person, unless somebody owns them; the earliest order
-- decides between two people who would get the same one.
insert into matched_orders
select used.order_no, open_owners.group_no, getvariable('match_rule') as match_rule
from open_identifiers as used
inner join open_owners on open_owners.kind = used.kind and open_owners.value = used.value
where used.kind = getvariable('kind')
    and list_contains(getvariable('imported'), used.is_imported)
    and used.order_no not in (select order_no from matched_orders);

insert into open_owners
select
    lent.kind,
    lent.value,
    arg_min(matched_orders.group_no, lent.turn) as group_no,
    'order matched by ' || getvariable('match_rule') as reason
from open_identifiers as lent
inner join matched_orders on matched_orders.order_no = lent.order_no
where matched_orders.match_rule = getvariable('match_rule')
    and not exists (
        from open_owners
        where open_owners.kind = lent.kind and open_owners.value = lent.value
    )
group by lent.kind, lent.value;
