-- How much of the orders and contacts was touched since the last resolve. Grain: one row.
select touched.row_count / greatest(everything.row_count, 1) as touched_share
from (
    select count(*) as row_count
    from (
        from touched_orders
        union
        from renamed_orders
        union all
        from touched_contacts
    )
) as touched
cross join (
    select count(*) as row_count from digests where kind in ('orders', 'contacts')
) as everything;
