-- What the amounts of all orders, lines and refunds of a store add up to, without regard to sign, so that every
-- sum of some of them is smaller. Grain: one row.
select (
    (select coalesce(sum(abs(value_cents)), 0) from orders where store = getvariable('store'))
    + (
        select coalesce(sum(abs(amount_cents)), 0) + coalesce(sum(abs(list_cents)), 0)
        from order_items
        where store = getvariable('store')
    )
    + (
        select coalesce(sum(abs(amount_cents)), 0)
        from order_refunds
        where store = getvariable('store')
    )
)::double as total_cents;
