-- unmatched_refunds. Grain: one row per loose refund with a part that no earlier purchase could take,
-- or of nobody we know. It is in no amount and reported.
delete from unmatched_refunds where store = getvariable('store');

insert into unmatched_refunds by name
select
    getvariable('store') as store,
    loose_refunds.order_id,
    loose_refunds.customer_key,
    loose_refunds.refunded_at,
    loose_refunds.refund_cents,
    coalesce(matched.unmatched_cents, loose_refunds.refund_cents) as unmatched_cents
from loose_refunds
left join matched on matched.is_refund and matched.order_id = loose_refunds.order_id
where coalesce(matched.unmatched_cents, loose_refunds.refund_cents) > 0;
