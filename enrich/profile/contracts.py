"""What the stage reads, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from enrich.errors import Stop
from enrich.model import MAX_TOTAL_CENTS

CONTACT_COLUMNS: Mapping[str, type[pl.DataType]] = {
    "customer_id": pl.String,
    "email": pl.String,
    "first_name": pl.String,
    "last_name": pl.String,
    "phone": pl.String,
    "birth_date": pl.Date,
    "document": pl.String,
    "gender": pl.String,
    "newsletter_opt_in": pl.Boolean,
    "locale": pl.String,
    "extra_fields": pl.String,
}
OPT_INS: Mapping[str, str] = {
    "sms_opt_in": "text messages",
    "whatsapp_opt_in": "WhatsApp messages",
    "ads_opt_in": "be matched by ad networks",
}
CUSTOMERS: Mapping[str, type[pl.DataType]] = {
    "customer_key": pl.Int64,
    **CONTACT_COLUMNS,
    **dict.fromkeys(OPT_INS, pl.Boolean),
    "control_bucket": pl.Int8,
}
PURCHASES = {
    "customer_key": pl.Int64,
    "purchase_no": pl.Int64,
    "purchased_on": pl.Date,
    "amount_cents": pl.Int64,
}
LINES = {
    "purchase_no": pl.Int64,
    "product": pl.String,
    "category": pl.String,
    "brand": pl.String,
    "quantity": pl.Int64,
}
PROMO_CODES = {"purchase_no": pl.Int64, "promo_code": pl.String, "is_applied": pl.Boolean}
SALES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "purchase_no": pl.Int64,
    "purchased_at": pl.Datetime("us"),
    "channel": pl.String,
    "refund_cents": pl.Int64,
    "list_cents": pl.Int64,
    "discount_cents": pl.Int64,
    "is_discounted": pl.Boolean,
    "is_delivered": pl.Boolean,
}
FACTS: Mapping[str, type[pl.DataType]] = {
    "purchase_no": pl.Int64,
    **dict.fromkeys(("product", "category", "brand", "promo_code", "channel"), pl.String),
    **dict.fromkeys(("utm_source", "utm_campaign"), pl.String),
    **dict.fromkeys(("state", "city", "postal_prefix"), pl.String),
}
HISTORY = {
    "customer_key": pl.Int64,
    "rfm_segment": pl.String,
    "previous_rfm_segment": pl.String,
    "rfm_segment_changed_on": pl.Date,
    "r_score": pl.Int64,
    "f_score": pl.Int64,
    "m_score": pl.Int64,
    "rfm_score_changed_on": pl.Date,
}


@dataclass(frozen=True, slots=True)
class Details:
    """What was in the purchases.

    lines: one row per line sold (no gifts, no quantity 0). promo_codes: one row per code typed on a
    purchase. Text columns may be String, Categorical or Enum.
    """

    lines: pl.DataFrame
    promo_codes: pl.DataFrame


class Parts(Protocol):
    """Where the parts come from; a customer is in exactly one of them, with all purchases.

    Details, sales and facts are asked for by one thread at a time, the others by several.
    """

    @property
    def count(self) -> int:
        """How many parts there are."""

    def customers(self, part: int) -> pl.DataFrame:
        """The customers of one part."""

    def purchases(self, part: int) -> pl.DataFrame:
        """Their purchases."""

    def details(self, part: int) -> Details:
        """What was in these."""

    def sales(self, part: int) -> pl.DataFrame | None:
        """How each of them was made, a row each (SALES); None where nobody wants to know.

        list_cents and discount_cents are null where the source does not tell, and so is
        is_discounted where no code was applied either; is_delivered: it went to a known place.
        """

    def facts(self, part: int, purchase_nos: pl.Series) -> pl.DataFrame:
        """Where a few of them came from and went to, a row each (FACTS).

        Product, category and brand are those of the dearest line.
        """


def no_history() -> pl.DataFrame:
    """An empty segment history: nobody had a segment before."""
    return pl.DataFrame(schema=HISTORY)


def checked_customers(customers: pl.DataFrame) -> pl.DataFrame:
    """Customers in the order of their keys, with exactly the declared columns and types.

    Raises Stop naming table, column and rule when a contract is broken.
    """
    return _in_order("customers", "customer_key", customers, CUSTOMERS)


def checked_purchases(purchases: pl.DataFrame) -> pl.DataFrame:
    """Purchases in the order of their numbers, exact enough to be added; raises Stop likewise."""
    bought = _in_order("purchases", "purchase_no", purchases, PURCHASES)
    amounts = bought["amount_cents"]
    _require((amounts >= 0).all(), "purchases", "amount_cents", "not negative")
    total = amounts.cast(pl.Float64).sum()  # which does not wrap around
    _require(total < MAX_TOTAL_CENTS, "purchases", "amount_cents", "small enough to add")
    return bought


def checked_details(details: Details) -> Details:
    """Lines and promo codes with exactly the declared columns and types; raises Stop likewise."""
    lines = _conform("lines", details.lines, LINES)
    _require(lines["quantity"].null_count() == 0, "lines", "quantity", "given")
    promo_codes = _conform("promo_codes", details.promo_codes, PROMO_CODES)
    return Details(_known_order(lines), _known_order(promo_codes))


def checked_sales(sales: pl.DataFrame) -> pl.DataFrame:
    """Sales in the order of purchases, so that polars merges to join them; raises Stop likewise."""
    ordered = _in_order("sales", "purchase_no", sales, SALES)
    return ordered.with_columns(pl.col("purchase_no").set_sorted())


def checked_facts(facts: pl.DataFrame) -> pl.DataFrame:
    """Facts of purchases with exactly the declared columns and types; raises Stop likewise."""
    return _conform("facts", facts, FACTS)


def _known_order(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows; when they are in the order of purchases, polars knows and merges to join them."""
    is_sorted = rows["purchase_no"].is_sorted()
    return rows.with_columns(pl.col("purchase_no").set_sorted()) if is_sorted else rows


def _in_order(
    table: str,
    key: str,
    frame: pl.DataFrame,
    columns: Mapping[str, pl.DataType | type[pl.DataType]],
) -> pl.DataFrame:
    """The frame ascending by its key, which no two rows share."""
    whole = _conform(table, frame, columns)
    ordered = whole if whole[key].is_sorted() else whole.sort(key)
    _require(bool((ordered[key].diff().drop_nulls() > 0).all()), table, key, "unique")
    _require(ordered[key].null_count() == 0, table, key, "given")
    return ordered


def _conform(
    table: str, frame: pl.DataFrame, columns: Mapping[str, pl.DataType | type[pl.DataType]]
) -> pl.DataFrame:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise Stop(f"the profile stage needs {table}.{missing[0]}, which is not there")
    return frame.select(_as(frame[name], dtype) for name, dtype in columns.items())


def _as(series: pl.Series, dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    """The column in its type; codes of a vocabulary and narrower integers are as good."""
    is_integer = dtype == pl.Int64 and series.dtype.is_integer()
    return series if is_coded(series) or is_integer else series.cast(dtype)


def is_coded(series: pl.Series) -> bool:
    """Whether texts, or lists of texts, are held as codes of a vocabulary; they read the same."""
    inner = series.dtype.inner if isinstance(series.dtype, pl.List) else series.dtype
    return isinstance(inner, (pl.Categorical, pl.Enum))


def _require(holds: bool, table: str, column: str, rule: str) -> None:
    if not holds:
        raise Stop(f"the profile stage needs {table}.{column} to be {rule}")
