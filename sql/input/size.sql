-- How much the profile core has to read: customers, and the rows of the other tables. Grain: one row.
select
    (select count(*) from customers where store = getvariable('store')) as customer_count,
    (select count(*) from purchases where store = getvariable('store'))
    + (select count(*) from purchase_lines where store = getvariable('store'))
    + (select count(*) from purchase_promo_codes where store = getvariable('store')) as row_count;
