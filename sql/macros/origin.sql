-- An order sold on an external marketplace, which this shop only delivers: its customer is invented.
create or replace temp macro is_marketplace_order(origin, affiliate_id) as
    coalesce(origin, '') = 'Fulfillment' and affiliate_id is not null;
