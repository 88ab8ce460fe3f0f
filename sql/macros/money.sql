-- An amount in currency units, exactly, from integer cents.
create or replace temp macro units(cents) as
    (cents::decimal(18, 0) * 0.01::decimal(3, 2))::decimal(18, 2);

-- The price of one of several units, in currency units with six decimals, so that the product with the
-- quantity is the amount again to the cent.
create or replace temp macro unit_price(cents, quantity) as
    case when quantity > 0 then round(cents / (100.0 * quantity), 6) else 0 end::decimal(18, 6);

-- The whole address of a page of the shop: as VTEX tells it, or behind the shop's own address.
create or replace temp macro page_url(path, shop_url) as
    case
        when starts_with(path, 'http') then path
        when shop_url is not null then rtrim(shop_url, '/') || '/' || ltrim(path, '/')
    end;
