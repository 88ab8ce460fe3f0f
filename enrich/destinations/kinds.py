"""The kinds of records that are pushed beside profiles: their columns, and what each of them means.

The warehouse gives them (sql/records); every platform's mapping names these columns. Amounts are
currency units, moments UTC, days the store's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

AMOUNT = pl.Decimal(18, 2)
UNIT_PRICE = pl.Decimal(18, 6)
MOMENT = pl.Datetime("us")

PROFILES = "profiles"
PURCHASES, PRODUCTS, COUPONS, CARTS = "purchases", "products", "coupons", "carts"
CONSENTS = "consents"
AUDIENCES = "audiences"
NEXT_BEST_PRODUCTS = "next_best_products"

# What a plan needs of every record. The digest stays while nothing that is sent changes; is_over is
# what counts no longer (canceled, archived, bought) and a platform may have.
INDEX: Mapping[str, Any] = {
    "record_id": pl.String,
    "digest": pl.String,
    "email": pl.String,
    "happened_at": MOMENT,
    "changed_at": MOMENT,
    "is_over": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind: its type, what it means."""

    name: str
    dtype: Any
    definition: str

    @property
    def format(self) -> str:
        """How a mapping writes it unless it says otherwise: a key of the record formats."""
        if isinstance(self.dtype, pl.List):
            return "lines" if isinstance(self.dtype.inner, pl.Struct) else "list"
        if isinstance(self.dtype, pl.Decimal):
            return "amount"
        names: Mapping[Any, str] = {
            pl.Date: "date",
            pl.Boolean: "boolean",
            pl.Int64: "integer",
            MOMENT: "moment",
        }
        return names.get(self.dtype, "text")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record; `noun` is what a person calls some, `line_columns` those of its lines.

    `after` are the entities that are pushed before it, where they are switched on. `options` are
    the settings that decide which records there are. `may_jump`: that there are many more or fewer
    than the last time is no sign of a fault.
    """

    name: str
    noun: str
    columns: tuple[Column, ...]
    line_columns: tuple[Column, ...] = ()
    after: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    may_jump: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The columns of a whole record and their types, its record_id first."""
        return {"record_id": pl.String, **{one.name: one.dtype for one in self.columns}}


PURCHASE_LINE = (
    Column("line_key", pl.String, "VTEX's own id of the line."),
    Column("product_key", pl.String, "SKU or product, as the setting product_key says."),
    Column("sku", pl.String, "SKU."),
    Column("product_id", pl.String, "Product the SKU belongs to."),
    Column("ref_id", pl.String, "The shop's own reference code."),
    Column("product", pl.String, "Name as sold, else as the catalogue says."),
    Column("brand", pl.String, "Brand as sold, else as the catalogue says."),
    Column("category_path", pl.List(pl.String), "Categories from the department on."),
    Column("quantity", pl.Int64, "Units."),
    Column("amount", AMOUNT, "The line after discounts."),
    Column("list_amount", AMOUNT, "The line before discounts."),
    Column("unit_amount", UNIT_PRICE, "One unit after discounts, with six decimals."),
    Column("unit_list_amount", UNIT_PRICE, "One unit before discounts, with six decimals."),
    Column("url", pl.String, "Its page in the shop; null without store_url."),
    Column("image_url", pl.String, "Its picture."),
    Column("is_gift", pl.Boolean, "Whether it was given away."),
)
CART_LINE = (
    Column("sku", pl.String, "SKU."),
    Column("product", pl.String, "Name as the catalogue says."),
    Column("quantity", pl.Int64, "Units."),
    Column("url", pl.String, "Its page in the shop; null without store_url."),
    Column("image_url", pl.String, "Its picture."),
)

NEXT_BEST_LINE = (
    Column("rank", pl.Int64, "Its place in the list, from 1."),
    Column("product_id", pl.String, "Product the SKU belongs to."),
    Column("sku", pl.String, "One of its SKUs; one that can be bought, if there is any."),
    Column("product", pl.String, "The product in the words of the profiles (product_label)."),
    Column("category", pl.String, "The category in the words of the profiles (category_label)."),
    Column("brand", pl.String, "Brand."),
    Column("reason", pl.String, "bought_again: the customer has bought it; else never_bought."),
    Column("url", pl.String, "Its page in the shop; null without store_url."),
    Column("image_url", pl.String, "Its picture."),
)


def _lines(columns: tuple[Column, ...]) -> pl.List:
    return pl.List(pl.Struct({one.name: one.dtype for one in columns}))


_KINDS = (
    Kind(
        PURCHASES,
        "purchases",
        (
            Column("order_id", pl.String, "Order of VTEX, or of an import."),
            Column("cart_id", pl.String, "Cart (orderGroup) the order came from."),
            Column("customer_key", pl.Int64, "Our key of the customer."),
            Column("customer_id", pl.String, "The source's own id of the customer."),
            Column("email", pl.String, "Real e-mail address of the customer."),
            Column("ordered_at", MOMENT, "Creation of the order; never changes."),
            Column("ordered_on", pl.Date, "The same as a day of the store."),
            Column("changed_at", MOMENT, "Last change of the order."),
            Column("status", pl.String, "Status of VTEX, such as invoiced."),
            Column("is_canceled", pl.Boolean, "Whether it counts no longer as a purchase."),
            Column("currency", pl.String, "Currency of the amounts."),
            Column("quantity", pl.Int64, "Units of all lines."),
            Column("amount", AMOUNT, "The order after discounts, with shipping and tax."),
            Column("lines_amount", AMOUNT, "The lines after discounts."),
            Column("discount_amount", AMOUNT, "What the lines cost less than before discounts."),
            Column("refunded_amount", AMOUNT, "What was given back."),
            Column("promo_code", pl.String, "Promo code as typed."),
            Column("payment_method", pl.String, "First payment of the order."),
            Column("sales_channel", pl.String, "Sales channel."),
            Column("lines", _lines(PURCHASE_LINE), "Lines in VTEX's own order."),
        ),
        PURCHASE_LINE,
        after=(PROFILES, PRODUCTS),
        options=("product_key",),
    ),
    Kind(
        PRODUCTS,
        "products",
        (
            Column("sku", pl.String, "SKU; with product_key = product_id the one sold last."),
            Column("product_id", pl.String, "Product the SKU belongs to."),
            Column("ref_id", pl.String, "The shop's own reference code."),
            Column("product", pl.String, "Name."),
            Column("sku_name", pl.String, "Name of the SKU."),
            Column("brand", pl.String, "Brand."),
            Column("category_path", pl.List(pl.String), "Categories from the department on."),
            Column("url", pl.String, "Its page in the shop; null without store_url."),
            Column("image_url", pl.String, "Its picture."),
            Column("price", AMOUNT, "Price per unit at the newest sale, before discounts."),
            Column("is_active", pl.Boolean, "Whether the catalogue says so."),
        ),
        options=("product_key",),
    ),
    Kind(
        COUPONS,
        "coupons",
        (
            Column("promo_code", pl.String, "The code."),
            Column("utm_source", pl.String, "Source that applies it."),
            Column("utm_campaign", pl.String, "Campaign that applies it."),
            Column("is_archived", pl.Boolean, "Whether it is in use no longer."),
        ),
    ),
    Kind(
        CARTS,
        "abandoned carts",
        (
            Column("customer_key", pl.Int64, "Our key of the customer."),
            Column("customer_id", pl.String, "The source's own id of the customer."),
            Column("email", pl.String, "Real e-mail address of the customer."),
            Column("first_name", pl.String, "First name."),
            Column("cart_id", pl.String, "Contact and moment: another one for every cart."),
            Column("abandoned_at", MOMENT, "When it was left."),
            Column("abandoned_on", pl.Date, "The same as a day of the store."),
            Column("is_abandoned", pl.Boolean, "False once it was bought or is too old."),
            Column("amount", AMOUNT, "What is in it."),
            Column("currency", pl.String, "Currency of the store's settings."),
            Column("checkout_step", pl.String, "How far the checkout came."),
            Column("url", pl.String, "Puts the same lines into a cart; null without store_url."),
            Column("lines", _lines(CART_LINE), "What is in it."),
        ),
        CART_LINE,
        after=(PROFILES,),
        options=("cart_days",),
    ),
    Kind(
        NEXT_BEST_PRODUCTS,
        "lists of next best products",
        (
            Column("customer_key", pl.Int64, "Our key of the customer."),
            Column("customer_id", pl.String, "The source's own id of the customer."),
            Column("email", pl.String, "Real e-mail address of the customer."),
            Column(
                "lines", _lines(NEXT_BEST_LINE), "The likeliest first; empty once there is none."
            ),
        ),
        NEXT_BEST_LINE,
        after=(PROFILES,),
    ),
    Kind(
        CONSENTS,
        "consents",
        (
            Column("email", pl.String, "Real e-mail address of the customer."),
            Column("opted_in", pl.Boolean, "Whether the person wants the newsletter."),
            Column("changed_at", MOMENT, "When the person decided."),
            Column("origin", pl.String, "Where it was stated: vtex, or a destination."),
        ),
        may_jump=True,
    ),
    Kind(
        AUDIENCES,
        "members of audiences",
        (
            Column("audience_name", pl.String, "What the audience is called there."),
            Column("customer_key", pl.Int64, "Our key of the customer."),
            Column("customer_id", pl.String, "The source's own id of the customer."),
            Column("email", pl.String, "Real e-mail address of the customer."),
            Column("phone", pl.String, "Phone as E.164; null in an audience by e-mail."),
            Column("amount", AMOUNT, "What the customer bought in all; null once who left."),
            Column("is_member", pl.Boolean, "False once the customer left."),
            Column("changed_on", pl.Date, "Profile day on which the customer joined."),
        ),
        after=(PROFILES,),
        may_jump=True,
    ),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}
