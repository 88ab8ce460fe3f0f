-- matched (temporary). Grain: one row per purchase or loose refund of a customer, with what remains of
-- the purchase and what no purchase could take of the refund. A refund takes from the customer's
-- newest earlier purchases in turn, never below 0: last in, first out.
--
-- Without loops: let `balance` run over the customer's events (a purchase adds, a refund subtracts;
-- purchases first within a moment). Where it would fall below every earlier low, the refund finds
-- nothing to take; `low` is that lost part, and level = balance - low is the stack's height, which is
-- never below 0. A purchase fills the stack from `level_before` up; what the lowest later level
-- leaves of that slice is what remains of it.
create or replace temp table matched as
with events as (
    select
        customer_key,
        purchased_at as happened_at,
        0 as is_refund,
        order_id,
        net_cents as amount_cents
    from gross_purchases
    where customer_key in (select customer_key from refunds where is_loose and reason is null)
    union all
    select
        customer_key,
        refunded_at as happened_at,
        1 as is_refund,
        order_id,
        -refund_cents as amount_cents
    from refunds
    where is_loose and reason is null and refunded_at is not null
),

numbered as (
    select
        *,
        row_number() over (
            partition by customer_key order by happened_at, is_refund, order_id
        ) as event_no
    from events
),

balances as (
    select
        *,
        sum(amount_cents) over (
            partition by customer_key order by event_no rows unbounded preceding
        ) as balance
    from numbered
),

lows as (
    select
        *,
        least(0, min(balance) over (
            partition by customer_key order by event_no rows unbounded preceding
        )) as low
    from balances
),

levels as (
    select
        *,
        balance - low as level,
        coalesce(lag(low) over by_event, 0) as low_before,
        coalesce(lag(balance - low) over by_event, 0) as level_before
    from lows
    window by_event as (partition by customer_key order by event_no)
),

floors as (
    select
        *,
        min(level) over (
            partition by customer_key order by event_no
            rows between current row and unbounded following
        ) as lowest_level
    from levels
)

select
    order_id,
    is_refund = 1 as is_refund,
    customer_key,
    happened_at,
    abs(amount_cents)::bigint as amount_cents,
    case
        when is_refund = 0
            then least(greatest(lowest_level - level_before, 0), amount_cents)
    end::bigint as remaining_cents,
    case when is_refund = 1 then low_before - low end::bigint as unmatched_cents
from floors;
