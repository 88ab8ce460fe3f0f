-- carts, from the CL entity. Grain: one row per document of loaded_keys with a last cart.
-- rclastcart is add?sku=1&qty=2&seller=1&sc=1&...; rclastcartvalue is in currency units; checkouttag
-- scores the checkout steps, the deepest one with the most points. Whether the cart is abandoned
-- is settled by resolve, which knows the later orders.
delete from carts
where store = getvariable('store') and contact_id in (select key from loaded_keys);

insert into carts by name
with documents as (
    select
        store,
        key as contact_id,
        payload ->> '$.rclastcart' as cart,
        payload ->> '$.rclastcartvalue' as cart_value,
        payload ->> '$.rclastsessiondate' as session_date,
        payload ->> '$.userId' as user_id,
        payload ->> '$.email' as email,
        payload ->> '$.checkouttag.DisplayValue' as shown_step,
        json_transform(
            payload -> '$.checkouttag.Scores', '{
                "Carrinho": [{"Point": "DOUBLE"}], "DadosPessoais": [{"Point": "DOUBLE"}],
                "Endereco": [{"Point": "DOUBLE"}], "FormaPagamento": [{"Point": "DOUBLE"}],
                "Finalizado": [{"Point": "DOUBLE"}]
            }'
        ) as scores
    from raw.vtex_customers
    where store = getvariable('store') and key in (select key from loaded_keys)
),

steps as (
    select
        *,
        case
            when len(scores.Finalizado) > 0 then 'Finalizado'
            when len(scores.FormaPagamento) > 0 then 'FormaPagamento'
            when len(scores.Endereco) > 0 then 'Endereco'
            when len(scores.DadosPessoais) > 0 then 'DadosPessoais'
            when len(scores.Carrinho) > 0 then 'Carrinho'
            else text_or_null(shown_step)
        end as checkout_step
    from documents
    where text_or_null(cart) is not null
)

select
    store,
    contact_id,
    id_key(identifier(user_id)) as customer_id,
    clean_email(email) as email,
    moment(session_date) as abandoned_at,
    units_to_cents(cart_value) as value_cents,
    regexp_extract_all(cart, '(?:^|[?&])sku=([^&]+)', 1) as skus,
    list_transform(
        regexp_extract_all(cart, '(?:^|[?&])qty=([^&]+)', 1), lambda text: try_cast(text as integer)::bigint
    ) as quantities,
    checkout_step,
    checkout_step is distinct from 'Finalizado' as is_abandoned
from steps;
