-- Orders of VTEX whose value is not the sum of their own totals by more than a cent.
select raw.store, raw.key as order_id
from raw.vtex_orders as raw
where store = getvariable('store')
    and abs(
        cents(payload ->> '$.value') - list_sum(list_transform(
            (payload -> '$.totals[*].value')::bigint[], lambda part: part
        ))
    ) > 1;
