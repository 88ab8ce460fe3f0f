"""A shop made from real order files in the import format, so that VTEX's API replays them."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import polars as pl

from enrich.errors import BadSettings
from enrich.simulator import book as flag
from enrich.simulator.book import OrderBook, build_book
from enrich.simulator.contacts import CONTACT_SCHEMA
from enrich.simulator.moments import NEVER
from enrich.simulator.people import People
from enrich.simulator.refunds import match_refunds
from enrich.simulator.shop import Brand, Category, SalesChannel, Shop, Sku
from enrich.simulator.world import World
from enrich.sources.source import ImportFrames

ENDED = frozenset({"canceled", "cancel", "replaced", "payment-denied"})
_CUSTOMERS = {
    "customer_id": pl.String, "email": pl.String, "first_name": pl.String, "last_name": pl.String,
    "phone": pl.String, "document": pl.String, "gender": pl.String, "locale": pl.String,
    "birth_date": pl.Date, "newsletter_opt_in": pl.Boolean,
}  # fmt: skip
_ITEMS = {
    "order_id": pl.String, "sku": pl.String, "product": pl.String, "brand": pl.String,
    "category": pl.String, "line_no": pl.Int64, "quantity": pl.Int64, "amount_cents": pl.Int64,
}  # fmt: skip


def replay_world(files: ImportFrames, *, name: str = "demostore", seed: int = 7) -> World:
    """The world of import files.

    Every order that is not negative becomes one VTEX order, paid and invoiced when it was placed;
    every customer id gets a CL document; a negative one becomes Input packages on the purchases
    it reduces, and what none could take is listed in `World.unmatched`. Raises BadSettings without
    orders.
    """
    if files.orders is None:
        raise BadSettings("there is nothing to replay without orders")
    orders = files.orders.with_columns(
        at_us=pl.col("ordered_at").dt.epoch("us"), cents="amount_cents"
    ).sort("at_us", "order_id")
    items = pl.DataFrame(schema=_ITEMS) if files.items is None else files.items
    known = pl.DataFrame(schema=_CUSTOMERS) if files.customers is None else files.customers
    customers = _customers(known, orders)
    shop = _shop(name, orders, items)
    book = _book(seed, shop, orders, items, customers)
    unmatched = match_refunds(book, orders)
    return World(seed, shop, _people(customers), book, _contacts(customers), unmatched)


def _customers(known: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """One row per customer id of any file, with the moment of the first order or refund."""
    first = (
        orders.drop_nulls("customer_id")
        .group_by("customer_id")
        .agg(first_us=pl.col("at_us").min(), order_email=pl.col("email").drop_nulls().last())
    )
    every = known.join(first, on="customer_id", how="full", coalesce=True)
    begin = orders["at_us"].min()
    return (
        every.with_columns(
            first_us=pl.col("first_us").fill_null(begin),
            email=pl.coalesce("email", "order_email", _invented_address()).str.to_lowercase(),
        )
        .sort("customer_id")
        .with_row_index("person")
    )


def _invented_address() -> pl.Expr:
    plain = pl.col("customer_id").str.to_lowercase().str.replace_all(r"[^a-z0-9]", "-")
    return pl.format("customer.{}@example.com", plain)


def _shop(name: str, orders: pl.DataFrame, items: pl.DataFrame) -> Shop:
    """The catalogue the lines imply: one entry per SKU, name, brand and category together."""
    brands = items["brand"].drop_nulls().unique().sort().to_list()
    categories = items["category"].drop_nulls().unique().sort().to_list()
    sold = items.unique(["sku", "product", "brand", "category"], keep="last", maintain_order=True)
    brand_at = {brand: at for at, brand in enumerate(brands)}
    category_at = {category: at for at, category in enumerate(categories)}
    skus = [
        Sku(sku, sku, sku, product or "", "", brand_at.get(brand), category_at.get(category), cents)
        for sku, product, brand, category, cents in sold.select(
            "sku", "product", "brand", "category", "amount_cents"
        ).iter_rows()
    ]
    currencies = orders["currency"].unique(maintain_order=True).to_list()
    return Shop(
        name=name,
        categories=tuple(Category(at + 1, text, None) for at, text in enumerate(categories)),
        brands=tuple(Brand(2_000_001 + at, text) for at, text in enumerate(brands)),
        skus=skus,
        channels=tuple(_channel(at, code) for at, code in enumerate(currencies)),
        promo_codes=tuple(orders["promo_code"].drop_nulls().unique(maintain_order=True)),
        windows_zone="UTC",
    )


def _channel(position: int, currency: str) -> SalesChannel:
    name = "Main" if position == 0 else f"Main {currency}"
    return SalesChannel(str(position + 1), name, currency, "XXX", currency)


def _book(
    seed: int, shop: Shop, orders: pl.DataFrame, items: pl.DataFrame, customers: pl.DataFrame
) -> OrderBook:
    sales = orders.filter(pl.col("cents") >= 0)
    person_of = dict(customers.select("customer_id", "person").iter_rows())
    lines = _lines(shop, sales, items)
    counts = lines.group_by("order_id").len("line_count")
    placed = sales.join(counts, on="order_id", how="left", maintain_order="left")
    rows = [_order_row(shop, person_of, row) for row in placed.iter_rows(named=True)]
    schema = {"order_id": pl.String, "line_count": pl.Int64,
              **dict.fromkeys(flag.ORDER_COLUMNS, pl.Int64)}  # fmt: skip
    book = build_book(pl.DataFrame(rows, schema=schema), lines, {})
    for order, status in enumerate(placed["status"]):
        if status in ENDED:
            book.happened(order, flag.Event(book.created[order], "cancel"))
    return book


def _order_row(
    shop: Shop, person_of: Mapping[str, int], row: Mapping[str, object]
) -> dict[str, object]:
    person, code = row["customer_id"], row["promo_code"]
    currencies = [channel.currency for channel in shop.channels]
    is_guest = person is None
    return {
        "order_id": row["order_id"],
        "line_count": row["line_count"] or 0,
        "created": row["at_us"],
        "authorized": row["at_us"],
        "handled": row["at_us"],
        "invoiced": NEVER if row["status"] in ENDED else row["at_us"],
        "person": -1 if is_guest else person_of[str(person)],
        "value": row["cents"],
        "promo": -1 if code is None else shop.promo_codes.index(str(code)),
        "channel": currencies.index(str(row["currency"])),
        "flags": (flag.NO_PROFILE if is_guest else 0) | flag.AS_TYPED,
        "odd": 0,
    }


def _lines(shop: Shop, sales: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The lines of the sales, order after order, each in the file's order."""
    position = {
        (s.sku_id, s.product_name, s.brand, s.category): at for at, s in enumerate(shop.skus)
    }
    brand_at = {brand.name: at for at, brand in enumerate(shop.brands)}
    category_at = {category.name: at for at, category in enumerate(shop.categories)}
    order_at = sales.select("order_id").with_row_index("order")
    kept = items.join(order_at, on="order_id", how="inner").sort("order", "line_no")
    skus = [
        position[sku, product or "", brand_at.get(brand), category_at.get(category)]
        for sku, product, brand, category in kept.select(
            "sku", "product", "brand", "category"
        ).iter_rows()
    ]
    price = pl.when(pl.col("quantity") > 0).then(pl.col("amount_cents") / pl.col("quantity"))
    return kept.with_columns(
        sku=pl.Series(skus, dtype=pl.Int64),
        price=price.fill_null(0).ceil().cast(pl.Int64),
        total="amount_cents",
        gift=pl.lit(0),
    ).select("order_id", *flag.LINE_COLUMNS)


def _people(customers: pl.DataFrame) -> People:
    return People(
        user_id=customers["customer_id"].to_list(),
        email=customers["email"].to_list(),
        first_name=customers["first_name"].to_list(),
        last_name=customers["last_name"].to_list(),
        document=customers["document"].to_list(),
        phone=customers["phone"].to_list(),
        has_contact=[True] * customers.height,
    )


def _contacts(customers: pl.DataFrame) -> pl.DataFrame:
    """One CL document per customer; its id is made from the customer's."""
    ids = [
        f"cccccccc-0000-4000-8000-{crc32(customer.encode()):08x}{at:04x}"[:36]
        for at, customer in enumerate(customers["customer_id"])
    ]
    return customers.select(
        id=pl.Series(ids, dtype=pl.String),
        userId="customer_id",
        email="email",
        firstName="first_name",
        lastName="last_name",
        document="document",
        documentType=pl.when(pl.col("document").str.contains(r"^\d{11}$")).then(pl.lit("cpf")),
        phone="phone",
        homePhone="phone",
        birthDate=pl.col("birth_date").cast(pl.String) + "T00:00:00Z",
        gender="gender",
        localeDefault="locale",
        isNewsletterOptIn="newsletter_opt_in",
        acceptsAds=pl.lit(None),
        isCorporate=pl.lit(False),
        created="first_us",
        updated=pl.lit(NEVER),
        cart_at=pl.lit(NEVER),
        rclastcart=pl.lit(None),
        rclastcartvalue=pl.lit(None),
        finished=pl.lit(False),
    ).select(pl.col(name).cast(kind) for name, kind in CONTACT_SCHEMA.items())
