-- How much the profile core has to read. Grain: one row.
select
    (select count(*) from customers where store = getvariable('store')) as customer_count,
    (select count(*) from purchase_lines where store = getvariable('store')) as line_count;
