"""VTEX: what is asked of it, how its answers become records, and what may be wrong with a key."""

from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.catalogue import (
    Pulled,
    fetch_brands,
    fetch_categories,
    fetch_coupons,
    fetch_promotions,
    fetch_sales_channels,
)
from enrich.sources.vtex.customers import (
    fetch_all_customers,
    fetch_changed_customers,
    fetch_customer_ids,
)
from enrich.sources.vtex.decide import (
    LISTED_SCHEMA,
    LISTING_SCHEMA,
    listing_of_details,
    which_need_detail,
)
from enrich.sources.vtex.details import (
    Fetched,
    Gone,
    Missing,
    fetch_customers,
    fetch_orders,
    fetch_skus,
)
from enrich.sources.vtex.entities import ENTITIES, Entity, Route
from enrich.sources.vtex.listing import Listing, list_orders
from enrich.sources.vtex.paging import RepeatedPage
from enrich.sources.vtex.parse import parse_record
from enrich.sources.vtex.spans import (
    Window,
    customer_span,
    explicit_windows,
    next_watermark,
    order_windows,
    slices,
)
from enrich.sources.vtex.verify import Probe, verify

__all__ = [
    "ENTITIES",
    "LISTED_SCHEMA",
    "LISTING_SCHEMA",
    "Entity",
    "Fetched",
    "Gone",
    "Listing",
    "Missing",
    "Probe",
    "Pulled",
    "RepeatedPage",
    "Route",
    "VtexClient",
    "Window",
    "customer_span",
    "explicit_windows",
    "fetch_all_customers",
    "fetch_brands",
    "fetch_categories",
    "fetch_changed_customers",
    "fetch_coupons",
    "fetch_customer_ids",
    "fetch_customers",
    "fetch_orders",
    "fetch_promotions",
    "fetch_sales_channels",
    "fetch_skus",
    "list_orders",
    "listing_of_details",
    "next_watermark",
    "order_windows",
    "parse_record",
    "slices",
    "verify",
    "which_need_detail",
]
