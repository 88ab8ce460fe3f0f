-- Basket pairs: products bought together. Grain: one row per store and pair of products in three purchases or more.
-- lift above 1: together more often than chance would have it.
with baskets as (
    select distinct store, purchase_no, product
    from purchase_lines
    where product is not null
),

totals as (select store, count(distinct purchase_no) as purchases from baskets group by store),

singles as (select store, product, count(*) as purchases from baskets group by store, product)

select
    one.store,
    one.product as product,
    other.product as other_product,
    count(*) as purchases_together,
    round(
        (
            count(*) * any_value(totals.purchases)
            / (any_value(a.purchases) * any_value(b.purchases))
        )::decimal(38, 6), 2
    )::double as lift
from baskets as one
inner join baskets as other
    on other.store = one.store
    and other.purchase_no = one.purchase_no
    and other.product > one.product
inner join singles as a on a.store = one.store and a.product = one.product
inner join singles as b on b.store = other.store and b.product = other.product
inner join totals on totals.store = one.store
group by one.store, one.product, other.product
having purchases_together >= 3
order by purchases_together desc, lift desc, one.store, one.product, other_product;
