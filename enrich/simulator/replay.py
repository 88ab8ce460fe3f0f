"""A shop made from real order files in the import format, so that VTEX's API replays them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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

ORDER_FIELDS = ("order_id", "customer_id", "email", "ordered_at", "amount", "currency", "status",
                "promo_code", "refund_of")  # fmt: skip
ITEM_FIELDS = ("order_id", "sku", "quantity", "amount", "product", "brand", "category")
CUSTOMER_FIELDS = ("customer_id", "email", "first_name", "last_name", "phone", "birth_date",
                   "document", "gender", "newsletter_opt_in", "locale")  # fmt: skip
ENDED = frozenset({"canceled", "cancelled", "cancel", "replaced", "payment-denied"})


def replay_world(
    orders_path: Path,
    items_path: Path | None = None,
    customers_path: Path | None = None,
    *,
    time_zone: str,
    currency: str,
    name: str = "demostore",
    seed: int = 7,
) -> World:
    """The world of import files (CSV, JSON lines or Parquet).

    Every order that is not negative becomes one VTEX order, paid and invoiced when it was placed;
    every customer id gets a CL document; a negative one becomes Input packages on the purchases
    it reduces, and what none could take is listed in `World.unmatched`. Moments without a zone
    are in `time_zone`. Raises BadSettings for a file that cannot be read.
    """
    orders = _orders(_read(orders_path, ORDER_FIELDS), time_zone, currency)
    items = _items(_read(items_path, ITEM_FIELDS) if items_path else _nothing(ITEM_FIELDS))
    known = _read(customers_path, CUSTOMER_FIELDS) if customers_path else _nothing(CUSTOMER_FIELDS)
    customers = _customers(known, orders)
    shop = _shop(name, orders, items)
    book = _book(seed, shop, orders, items, customers)
    unmatched = match_refunds(book, orders)
    return World(seed, shop, _people(customers), book, _contacts(customers), unmatched)


def _read(path: Path, fields: tuple[str, ...]) -> pl.DataFrame:
    """The fields of one file, those it lacks as nulls; everything but moments as text."""
    try:
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
        elif path.suffix in (".jsonl", ".ndjson"):
            frame = pl.read_ndjson(path, infer_schema_length=None)
        else:
            frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError):
        raise BadSettings(f"{path.name}: cannot be read as an import file") from None
    missing = [name for name in fields if name not in frame.columns]
    texts = [
        pl.col(name) if frame.schema[name].is_temporal() else _text(name)
        for name in fields
        if name in frame.columns
    ]
    return frame.select(texts).with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in missing
    )


def _text(name: str) -> pl.Expr:
    stripped = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(stripped != "").then(stripped).alias(name)


def _nothing(fields: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(fields, pl.String))


def _orders(frame: pl.DataFrame, time_zone: str, currency: str) -> pl.DataFrame:
    """The file's orders by time and id, with `at_us` and `cents`.

    Rows an import would refuse (no id, moment or amount that can be read) are left out.
    """
    read = frame.with_columns(
        at_us=_microseconds(frame, time_zone),
        cents=_cents("amount"),
        currency=pl.col("currency").str.to_uppercase().fill_null(currency),
        status=pl.col("status").str.to_lowercase(),
    )
    return read.drop_nulls(["order_id", "at_us", "cents"]).sort("at_us", "order_id")


def _microseconds(frame: pl.DataFrame, time_zone: str) -> pl.Expr:
    """UTC microseconds; a moment without a zone is on the store's clock."""
    column, kind = pl.col("ordered_at"), frame.schema["ordered_at"]
    local = {"ambiguous": "earliest", "non_existent": "null"}
    if kind == pl.String:
        text = column.str.replace(" ", "T").str.replace(r"Z$", "+00:00")
        has_zone = text.str.contains(r"[+-]\d\d:?\d\d$")
        bare = pl.when(text.str.len_chars() == 10).then(text + "T00:00:00").otherwise(text)
        zoned = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", strict=False)
        naive = bare.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
        placed = naive.dt.replace_time_zone(time_zone, **local)  # type: ignore[arg-type]
        return pl.when(has_zone).then(zoned.dt.epoch("us")).otherwise(placed.dt.epoch("us"))
    moment = column.cast(pl.Datetime("us", getattr(kind, "time_zone", None)))
    if getattr(kind, "time_zone", None) is None:
        moment = moment.dt.replace_time_zone(time_zone, **local)  # type: ignore[arg-type]
    return moment.dt.epoch("us")


def _cents(name: str) -> pl.Expr:
    exact = pl.col(name).cast(pl.Decimal(38, 6), strict=False) * 100
    return exact.round(0).cast(pl.Int64)


def _items(frame: pl.DataFrame) -> pl.DataFrame:
    """The lines that name something; a service has neither SKU nor product and is left out."""
    return (
        frame.filter(pl.col("sku").is_not_null() | pl.col("product").is_not_null())
        .with_columns(
            sku=pl.coalesce("sku", "product"),
            quantity=pl.col("quantity").cast(pl.Float64, strict=False).cast(pl.Int64),
            cents=_cents("amount"),
        )
        .drop_nulls(["order_id", "quantity", "cents"])
        .with_row_index("place")
    )


def _customers(known: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """One row per customer id of any file, with the moment of the first order or refund."""
    first = (
        orders.drop_nulls("customer_id")
        .group_by("customer_id")
        .agg(first_us=pl.col("at_us").min(), order_email=pl.col("email").drop_nulls().last())
    )
    every = known.unique("customer_id", keep="last").join(
        first, on="customer_id", how="full", coalesce=True
    )
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
            "sku", "product", "brand", "category", "cents"
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
    kept = items.join(order_at, on="order_id", how="inner").sort("order", "place")
    skus = [
        position[sku, product or "", brand_at.get(brand), category_at.get(category)]
        for sku, product, brand, category in kept.select(
            "sku", "product", "brand", "category"
        ).iter_rows()
    ]
    price = pl.when(pl.col("quantity") > 0).then(pl.col("cents") / pl.col("quantity"))
    return kept.with_columns(
        sku=pl.Series(skus, dtype=pl.Int64),
        price=price.fill_null(0).ceil().cast(pl.Int64),
        total=pl.col("cents"),
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
    opt_in = pl.col("newsletter_opt_in").str.to_lowercase()
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
        isNewsletterOptIn=pl.when(opt_in.is_in(["true", "yes", "1"]))
        .then(True)
        .when(opt_in.is_in(["false", "no", "0"]))
        .then(False),
        isCorporate=pl.lit(False),
        created="first_us",
        updated=pl.lit(NEVER),
        cart_at=pl.lit(NEVER),
        rclastcart=pl.lit(None),
        rclastcartvalue=pl.lit(None),
        finished=pl.lit(False),
    ).select(pl.col(name).cast(kind) for name, kind in CONTACT_SCHEMA.items())
