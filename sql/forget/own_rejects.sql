-- The rejects that are the people's own documents. Grain: one row per reject.
select rowid as reject
from state.rejects
where store = getvariable('store')
    and (
        key in (select contact_id from forgotten_contacts)
        or key in (select order_id from forgotten_orders)
    );
