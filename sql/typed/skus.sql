-- skus, from the SKU context. Grain: one row per SKU of loaded_keys, as the catalogue says now.
-- ProductCategoryIds is the path, the department first; ProductCategories maps ids to names.
delete from skus where store = getvariable('store') and sku in (select key from loaded_keys);

insert into skus by name
with documents as (
    select
        store,
        key as sku,
        json_transform(payload, '{
            "ProductId": "VARCHAR", "ProductRefId": "VARCHAR", "SkuName": "VARCHAR",
            "ProductName": "VARCHAR", "NameComplete": "VARCHAR", "BrandId": "VARCHAR",
            "BrandName": "VARCHAR", "ProductCategoryIds": "VARCHAR", "IsActive": "BOOLEAN",
            "AlternateIds": {"RefId": "VARCHAR"}, "DetailUrl": "VARCHAR", "ImageUrl": "VARCHAR"
        }') as said,
        path_ids(payload ->> '$.ProductCategoryIds') as category_path_ids,
        payload
    from raw.vtex_skus
    where store = getvariable('store') and key in (select key from loaded_keys)
)

select
    store,
    sku,
    text_or_null(said.ProductId) as product_id,
    coalesce(text_or_null(said.AlternateIds.RefId), text_or_null(said.ProductRefId)) as ref_id,
    text_or_null(said.SkuName) as sku_name,
    coalesce(text_or_null(said.ProductName), text_or_null(said.NameComplete)) as product,
    text_or_null(said.BrandId) as brand_id,
    text_or_null(said.BrandName) as brand,
    category_path_ids[-1] as category_id,
    category_path_ids,
    list_transform(
        category_path_ids, lambda id: text_or_null(payload ->> ('$.ProductCategories."' || id || '"'))
    ) as category_names,
    said.IsActive as is_active,
    text_or_null(said.DetailUrl) as detail_url,
    text_or_null(said.ImageUrl) as image_url
from documents;
