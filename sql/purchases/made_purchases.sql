-- made_purchases (temporary). Grain: one row per kept purchase, and per purchase that stands and gets
-- another number. Numbers rise with (purchased_at, order_id): what is older than every new purchase keeps
-- its number, the rest is counted from there. A purchase that is gone leaves a gap.
create or replace temp table counted_from as
with earliest as (
    select purchased_at, order_id
    from kept_purchases
    where number_before is null
    order by purchased_at, order_id
    limit 1
),

numbered as (
    select purchased_at, order_id, purchase_no
    from purchases
    where store = getvariable('store')
    union all
    select purchased_at, order_id, number_before
    from kept_purchases
    where number_before is not null
)

select earliest.purchased_at, earliest.order_id, coalesce(max(numbered.purchase_no), 0) as last_no
from earliest
left join numbered
    on numbered.purchased_at < earliest.purchased_at
    or (
        numbered.purchased_at = earliest.purchased_at
        and numbered.order_id < earliest.order_id
    )
group by earliest.purchased_at, earliest.order_id;

create or replace temp table made_purchases as
with candidates as (
    select *, false as is_standing
    from kept_purchases
    union all by name
    select purchased_at, order_id, purchase_no as number_before, true as is_standing
    from purchases
    where store = getvariable('store')
),

placed as (
    select
        candidates.*,
        counted_from.last_no,
        candidates.purchased_at > counted_from.purchased_at
        or (
            candidates.purchased_at = counted_from.purchased_at
            and candidates.order_id >= counted_from.order_id
        ) as is_later
    from candidates
    left join counted_from on true
)

select *, last_no + row_number() over (order by purchased_at, order_id) as purchase_no
from placed
where is_later
qualify not is_standing or purchase_no <> number_before
union all by name
select *, number_before as purchase_no
from placed
where is_later is not true and not is_standing;
