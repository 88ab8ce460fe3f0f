"""Shops for the tests: plain purchases to the frames the stage reads, and back to plain rows."""

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from enrich.model import Rules
from enrich.profile import FIELDS
from enrich.profile.contracts import (
    CONTACT_COLUMNS,
    CUSTOMERS,
    FACTS,
    LINES,
    OPT_INS,
    PROMO_CODES,
    PURCHASES,
    SALES,
)
from enrich.profile.predicted import PREDICTED
from enrich.profile.products import PRODUCTS
from tests.profile.reference import Line, Purchase
from tests.profile.whole import Frames, build_profiles

AS_OF = date(2025, 6, 30)
NOT_COMPUTED = {
    *CONTACT_COLUMNS,
    *OPT_INS,
    "customer_key",
    "control_bucket",
    "phone_e164",
    "previous_rfm_segment",
    "rfm_segment_changed_on",
    "rfm_score_changed_on",
    *(field.name for field in (*PREDICTED, *PRODUCTS)),
}
COMPUTED = [field.name for field in FIELDS if field.name not in NOT_COMPUTED]


def inputs(customers: list[int], purchases: list[Purchase]) -> Frames:
    """The four frames of a shop; purchases without a number get one in their order."""
    contacts = {name: [None] * len(customers) for name in (*CONTACT_COLUMNS, *OPT_INS)}
    bought = [(p.customer, p.no, p.on, p.cents) for p in purchases]
    lines = [
        (p.no, line.product, line.category, line.brand, line.quantity)
        for p in purchases
        for line in p.lines
    ]
    codes = [(p.no, code, is_applied) for p in purchases for code, is_applied in p.codes]
    return Frames(
        pl.DataFrame(
            {"customer_key": customers, **contacts, "control_bucket": [7] * len(customers)},
            schema=dict(CUSTOMERS),
        ),
        pl.DataFrame(bought, schema=dict(PURCHASES), orient="row"),
        pl.DataFrame(lines, schema=dict(LINES), orient="row"),
        pl.DataFrame(codes, schema=dict(PROMO_CODES), orient="row"),
        pl.DataFrame([sale(p) for p in purchases], schema=dict(SALES)),
        pl.DataFrame([facts(p) for p in purchases], schema=dict(FACTS)),
    )


def sale(purchase: Purchase) -> dict[str, Any]:
    """How a purchase was made, as the warehouse says it."""
    known = {name: getattr(purchase, name) for name in SALES if hasattr(purchase, name)}
    at = {"purchase_no": purchase.no, "purchased_at": purchase.at.replace(tzinfo=None)}
    return {**known, **at, "is_delivered": (purchase.state or purchase.city) is not None}


def facts(purchase: Purchase) -> dict[str, Any]:
    """Where a purchase came from and went to, likewise."""
    known = {name: getattr(purchase, name) for name in FACTS if hasattr(purchase, name)}
    dearest = purchase.lines[0] if purchase.lines else Line(product=None)
    thing = {name: getattr(dearest, name) for name in ("product", "category", "brand")}
    code = purchase.codes[0][0] if purchase.codes else None
    return {**known, **thing, "purchase_no": purchase.no, "promo_code": code}


def numbered(purchases: list[Purchase]) -> list[Purchase]:
    """The purchases with ascending numbers by day, as the warehouse gives them."""
    for no, purchase in enumerate(sorted(purchases, key=lambda p: p.on), start=1):
        purchase.no = no
    return purchases


def computed(
    shop: Frames, as_of: date = AS_OF, rules: Rules | None = None
) -> dict[int, dict[str, Any]]:
    """The stage's computed fields as plain rows by customer key."""
    profiles = build_profiles(shop, as_of, rules or Rules()).profiles
    return {
        row["customer_key"]: {n: value for n, value in row.items() if n not in NOT_COMPUTED}
        for row in profiles.iter_rows(named=True)
    }


ages = st.one_of(
    st.sampled_from([0, 1, 29, 30, 31, 59, 60, 61, 90, 91, 180, 181, 359, 360, 361, 720]),
    st.integers(-5, 900),
)
texts = st.sampled_from(["Amarillo", "azul", "Ñandú", "été", "Z", "z", "10", "9"])
lines = st.builds(
    Line,
    product=st.one_of(st.none(), texts),
    category=st.one_of(st.none(), texts),
    brand=st.one_of(st.none(), texts),
    quantity=st.integers(1, 4),
)
names = st.none() | st.sampled_from(["a", "b", "c"])
codes = st.lists(st.tuples(texts, st.booleans()), max_size=2, unique_by=lambda pair: pair[0])


@st.composite
def shops(draw: st.DrawFn) -> tuple[list[int], list[Purchase]]:
    """A few customers with sparse keys, and purchases around every edge of every window."""
    customers = draw(st.lists(st.integers(1, 10**6), unique=True, max_size=8))
    if not customers:
        return [], []
    one = st.builds(
        Purchase,
        customer=st.sampled_from(customers),
        on=ages.map(lambda age: AS_OF - timedelta(days=age)),
        cents=st.one_of(st.sampled_from([0, 1, 100]), st.integers(0, 10**7)),
        lines=st.lists(lines, max_size=3),
        codes=codes,
        hour=st.sampled_from([0, 9, 23]),
        channel=names,
        refund_cents=st.sampled_from([0, 0, 1, 250]),
        list_cents=st.none() | st.integers(0, 10**6),
        discount_cents=st.none() | st.integers(0, 10**6),
        is_discounted=st.none() | st.booleans(),
        utm_source=names,
        utm_campaign=names,
        state=names,
        city=names,
        postal_prefix=names,
    )
    return customers, numbered(draw(st.lists(one, max_size=25)))
