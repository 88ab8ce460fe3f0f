"""The public data set "Online Retail" as import files.

"Online Retail", UCI Machine Learning Repository, D. Chen, 2015, CC BY 4.0
(https://doi.org/10.24432/C5BW33): the invoice lines of a British gift shop, December 2010 to
December 2011. Columns InvoiceNo, StockCode, Description, Quantity, InvoiceDate (local, no zone),
UnitPrice (pounds), CustomerID (empty for guests), Country.

What becomes what:

- One order per invoice; its moment is that of its earliest line, on London's clock (Europe/London);
  its currency is GBP.
- The amount is the sum over all lines of quantity x unit price, each line rounded half up to the
  cent. Prices are floats in the source; they are read as the decimals they were written as.
- Invoices with a leading C are returns: negative amounts without `refund_of`, for the data set does
  not say what is returned. Their lines keep their negative quantities, which count nowhere.
- Invoices with a leading A adjust bad debt. They are no sales and become orders with the status
  `canceled`.
- Lines without a product (postage, carriage, discounts, manual corrections, samples, fees,
  commission, cushion pads without a price, gift vouchers) stay in the amount and are no items.
- Products as sold: an item keeps its line's own description, although one stock code may go by
  several. The SKU is the stock code as written.
- A customer is a CustomerID; guests stay anonymous. Stock corrections (no customer, no price) are
  invoices too, and so anonymous orders of 0.00.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enrich.errors import BadSettings

TIME_ZONE = "Europe/London"
CURRENCY = "GBP"
SERVICE_CODES = (
    "AMAZONFEE",
    "B",
    "BANK CHARGES",
    "C2",
    "CRUK",
    "D",
    "DOT",
    "M",
    "PADS",
    "POST",
    "S",
)
VOUCHER_PREFIX = "GIFT_"
COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
_PRICE_DECIMALS = 6


@dataclass(frozen=True)
class Converted:
    """The files written and what is in them; the sum of all amounts is that of the data set."""

    orders: Path
    items: Path
    customers: Path
    line_count: int
    sale_count: int
    refund_count: int
    adjustment_count: int
    guest_order_count: int
    item_count: int
    service_line_count: int
    customer_count: int
    amount_cents: int
    time_zone: str = TIME_ZONE
    currency: str = CURRENCY


@dataclass(frozen=True)
class Retail:
    """The data set as import tables; amounts are decimal currency units."""

    orders: pl.DataFrame
    items: pl.DataFrame
    customers: pl.DataFrame
    service_line_count: int


def convert(transactions: Path, out_dir: Path, *, suffix: str = ".parquet") -> Converted:
    """Writes orders, items and customers (`.parquet` or `.csv`) into `out_dir` and counts them.

    The moments in the files have no zone: import them with the zone and currency in the answer.
    Raises BadSettings when `transactions` is not the data set.
    """
    if suffix not in (".parquet", ".csv"):
        raise BadSettings(f"{suffix}: import files are written as .parquet or .csv")
    retail = build(read_transactions(transactions))
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = {name: out_dir / f"{name}{suffix}" for name in ("orders", "items", "customers")}
    for name, path in paths.items():
        _write(getattr(retail, name), path)
    return _counted(retail, paths)


def read_transactions(path: Path) -> pl.DataFrame:
    """The lines of the data set, from its Parquet or a CSV extract with ISO dates."""
    try:
        rows = (
            pl.read_csv(path, infer_schema=False)
            if path.suffix == ".csv"
            else pl.read_parquet(path)
        )
        return rows.select(
            pl.col("InvoiceNo", "StockCode").cast(pl.String).str.strip_chars(),
            pl.col("Description").str.strip_chars(),
            pl.col("Quantity").cast(pl.Int64),
            _local_moment(rows.schema["InvoiceDate"]),
            pl.col("UnitPrice").cast(pl.Float64),
            pl.col("CustomerID").cast(pl.Float64).cast(pl.Int64).cast(pl.String),
            pl.col("Country"),
        )
    except OSError as error:
        raise BadSettings(f"{path.name}: cannot be read: {error.strerror or 'no file'}") from None
    except (pl.exceptions.PolarsError, KeyError):
        columns = ", ".join(COLUMNS)
        raise BadSettings(f"{path.name}: not the Online Retail data set ({columns})") from None


def _local_moment(dtype: pl.DataType) -> pl.Expr:
    moment = pl.col("InvoiceDate")
    if dtype == pl.String:
        moment = moment.str.replace("T", " ").str.to_datetime("%Y-%m-%d %H:%M:%S")
    return moment.cast(pl.Datetime("us"))


def build(lines: pl.DataFrame) -> Retail:
    """The lines of `read_transactions` as import tables."""
    priced = lines.with_columns(cents=_line_cents(), is_service=_is_service())
    orders = _orders(priced)
    items = priced.filter(~pl.col("is_service")).select(
        order_id="InvoiceNo",
        sku="StockCode",
        quantity="Quantity",
        amount=_units("cents"),
        product="Description",
    )
    customers = (
        priced.drop_nulls("CustomerID")
        .group_by(customer_id="CustomerID")
        .agg(country=pl.col("Country").sort_by("InvoiceDate").last())
        .sort("customer_id")
    )
    return Retail(orders, items, customers, priced.filter("is_service").height)


def _line_cents() -> pl.Expr:
    """Exact: the price becomes whole millionths first; halves of a cent go away from zero."""
    scale = 10**_PRICE_DECIMALS
    per_cent = scale // 100
    millionths = (pl.col("UnitPrice") * scale).round().cast(pl.Int64) * pl.col("Quantity")
    magnitude: pl.Expr = (millionths.abs() + per_cent // 2) // per_cent
    signed: pl.Expr = magnitude * millionths.sign()
    return signed


def _is_service() -> pl.Expr:
    code = pl.col("StockCode").str.to_uppercase()
    return code.is_in(SERVICE_CODES) | code.str.starts_with(VOUCHER_PREFIX)


def _orders(priced: pl.DataFrame) -> pl.DataFrame:
    is_adjustment = pl.col("InvoiceNo").str.starts_with("A")
    totals = priced.group_by("InvoiceNo", maintain_order=True).agg(
        pl.col("CustomerID").first(), pl.col("InvoiceDate").min(), pl.col("cents").sum()
    )
    return totals.select(
        order_id="InvoiceNo",
        customer_id="CustomerID",
        ordered_at="InvoiceDate",
        amount=_units("cents"),
        currency=pl.lit(CURRENCY),
        status=pl.when(is_adjustment).then(pl.lit("canceled")),
    )


def _units(cents: str) -> pl.Expr:
    units: pl.Expr = pl.col(cents).cast(pl.Decimal(18, 2)) / 100
    return units.cast(pl.Decimal(18, 2))


def _write(frame: pl.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        frame.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S")
    else:
        frame.write_parquet(path)


def _counted(retail: Retail, paths: dict[str, Path]) -> Converted:
    order_id, orders = pl.col("order_id"), retail.orders
    refund_count = orders.filter(order_id.str.starts_with("C")).height
    adjustment_count = orders.filter(order_id.str.starts_with("A")).height
    return Converted(
        orders=paths["orders"],
        items=paths["items"],
        customers=paths["customers"],
        line_count=retail.items.height + retail.service_line_count,
        sale_count=orders.height - refund_count - adjustment_count,
        refund_count=refund_count,
        adjustment_count=adjustment_count,
        guest_order_count=orders["customer_id"].null_count(),
        item_count=retail.items.height,
        service_line_count=retail.service_line_count,
        customer_count=retail.customers.height,
        amount_cents=int(orders["amount"].sum() * 100),
    )
