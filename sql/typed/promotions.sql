-- The promotions as VTEX sent them. Grain: one row per document.
create table if not exists raw.vtex_promotions as from raw.vtex_skus with no data;
-- Grain: one row per promotion of the shop.
create table if not exists promotions (
    store varchar, promotion_id varchar, promotion varchar, promotion_type varchar,
    is_active boolean, is_archived boolean, starts_at timestamp, ends_at timestamp
);

-- promotions. Grain: one row per promotion of loaded_keys.
delete from promotions
where store = getvariable('store') and promotion_id in (select key from loaded_keys);

insert into promotions by name
select
    store,
    key as promotion_id,
    text_or_null(payload ->> '$.name') as promotion,
    text_or_null(payload ->> '$.type') as promotion_type,
    try_cast(payload ->> '$.isActive' as boolean) as is_active,
    try_cast(payload ->> '$.isArchived' as boolean) as is_archived,
    moment(payload ->> '$.beginDateUtc') as starts_at,
    moment(payload ->> '$.endDateUtc') as ends_at
from raw.vtex_promotions
where store = getvariable('store') and key in (select key from loaded_keys);
