-- What an order status means. Only these names are judged; VTEX's list is open, so an unknown
-- status counts as in work and is reported.
create or replace temp macro is_dead_status(x) as
    coalesce(x, '') in (
        'canceled', 'cancel', 'replaced', 'payment-denied', 'order-create-error',
        'order-creation-error'
    );

create or replace temp macro is_unpaid_status(x) as
    coalesce(x, '') in (
        'order-created', 'order-accepted', 'order-completed', 'on-order-completed',
        'on-order-completed-ffm', 'payment-pending', 'waiting-for-order-authorization',
        'waiting-for-manual-authorization', 'waiting-for-authorization',
        'waiting-for-sellers-confirmation', 'waiting-for-seller-decision',
        'window-to-change-payment', 'window-to-change-seller', 'approve-payment'
    );

create or replace temp macro is_known_status(x) as
    is_dead_status(x) or is_unpaid_status(x)
    or coalesce(x, '') in (
        '', 'payment-approved', 'authorize-fulfillment', 'waiting-ffmt-authorization',
        'waiting-for-fulfillment', 'waiting-seller-handling', 'waiting-for-mkt-authorization',
        'release-to-fulfillment', 'window-to-cancel', 'ready-for-handling', 'start-handling',
        'handling', 'ready-for-invoicing', 'invoice', 'invoice-after-cancellation-deny',
        'invoiced', 'request-cancel', 'cancellation-requested'
    );
