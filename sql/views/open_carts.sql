-- open_carts, a view of the read copy. Grain: one row per contact whose last cart was left and not bought since.
select
    carts.store,
    carts.contact_id,
    identity_links.customer_key,
    case
        when not exists (
            from identity_conflicts as shared
            where shared.store = carts.store
                and shared.kind = 'email'
                and shared.value = carts.email
                and shared.customer_key is null
        )
            then carts.email
    end as email,
    contacts.newsletter_opt_in,
    carts.abandoned_at,
    (carts.value_cents::decimal(38, 2) / 100)::decimal(18, 2) as value_amount,
    carts.skus,
    carts.quantities
from carts
left join identity_links
    on identity_links.store = carts.store
    and identity_links.kind = 'contact'
    and identity_links.value = 'vtex:' || carts.contact_id
left join contacts
    on contacts.store = carts.store
    and contacts.source = 'vtex'
    and contacts.contact_id = carts.contact_id
where carts.is_abandoned;
