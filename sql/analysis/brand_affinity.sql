-- Brand affinity: which brands share customers more than chance would have it. Grain: one row per store and pair
-- of brands with five common customers or more. lift above 1: buyers of one are likelier to buy the other.
with bought as (
    select distinct store, customer_key, brand
    from purchase_lines
    where customer_key is not null and brand is not null
),

buyers as (select store, count(distinct customer_key) as buyers from bought group by store),

brand_buyers as (select store, brand, count(*) as customers from bought group by store, brand)

select
    one.store,
    one.brand as brand,
    other.brand as other_brand,
    count(*) as common_customers,
    any_value(a.customers) as brand_customers,
    any_value(b.customers) as other_brand_customers,
    round(
        (
            count(*) * any_value(buyers.buyers)
            / (any_value(a.customers) * any_value(b.customers))
        )::decimal(38, 6), 2
    )::double as lift
from bought as one
inner join bought as other
    on other.store = one.store
    and other.customer_key = one.customer_key
    and other.brand > one.brand
inner join brand_buyers as a on a.store = one.store and a.brand = one.brand
inner join brand_buyers as b on b.store = other.store and b.brand = other.brand
inner join buyers on buyers.store = one.store
group by one.store, one.brand, other.brand
having common_customers >= 5
order by lift desc, one.store, one.brand, other_brand;
