-- The categories as VTEX sent them. Grain: one row per document.
create table if not exists raw.vtex_categories as from raw.vtex_skus with no data;
-- Grain: one row per category; path_ids and path_names start at the department.
create table if not exists categories (
    store varchar, category_id varchar, category varchar, parent_id varchar, path_ids varchar[],
    path_names varchar[]
);

-- categories, flattened from the tree. Grain: one row per category of loaded_keys.
delete from categories
where store = getvariable('store')
    and category_id in (select key from loaded_keys);

insert into categories by name
with documents as (
    select
        store,
        key as category_id,
        json_transform(payload, '{
            "name": "VARCHAR", "parentId": "VARCHAR", "path": ["VARCHAR"], "pathNames": ["VARCHAR"]
        }') as said
    from raw.vtex_categories
    where store = getvariable('store')
        and key in (select key from loaded_keys)
)

select
    store,
    category_id,
    text_or_null(said.name) as category,
    text_or_null(said.parentId) as parent_id,
    said.path as path_ids,
    said.pathNames as path_names
from documents;
