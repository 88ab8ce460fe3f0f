"""Profiles in a program or a notebook: `import enrich`, and frames of any shop; docs/library.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from enrich.compute.profiles import make_profiles
from enrich.errors import BadSettings, HeldBack
from enrich.model import Rules
from enrich.predict import PredictionRules
from enrich.profile.predicted import PREDICTED
from enrich.shop import Shop
from enrich.sources.files import Files
from enrich.sync.import_files import import_store
from enrich.warehouse import READ_COPY_NAME, ReadCopy, open_warehouse, read_warehouse

STORE = "main"
PREDICTION_COLUMNS = ("customer_key", "customer_id", *(field.name for field in PREDICTED))


def build_profiles(
    orders: pl.DataFrame,
    items: pl.DataFrame | None = None,
    customers: pl.DataFrame | None = None,
    *,
    as_of: date,
    rules: Rules | None = None,
    predictions: PredictionRules | None = None,
) -> pl.DataFrame:
    """One row per customer: the profile fields of docs/fields.md, as of the end of the day.

    The frames have the columns of the files in docs/import.md: orders `order_id`, `customer_id`,
    `ordered_at`, `amount` in currency units; items `order_id`, `sku`, `quantity` and `amount` or
    `unit_price`; customers `customer_id`. More columns are optional. What cannot be read is left
    out as by an import. Raises BadSettings when a column is missing or can be read in two ways,
    HeldBack when too much is unusable, each naming the frame and what is wrong.
    """
    frames = {"orders": orders, "items": items, "customers": customers}
    given = {name: frame for name, frame in frames.items() if frame is not None}
    shop = Shop(STORE, rules or Rules(), prediction=predictions or PredictionRules())
    return _profiles(given, as_of, shop)


def build_predictions(
    orders: pl.DataFrame,
    items: pl.DataFrame | None = None,
    customers: pl.DataFrame | None = None,
    *,
    as_of: date,
    rules: Rules | None = None,
    predictions: PredictionRules | None = None,
) -> pl.DataFrame:
    """One row per customer: customer_key, customer_id and what comes next (docs/prediction.md).

    Frames and errors as of `build_profiles`. Where the shop or the customer allows no prediction
    the fields are null and `prediction_status` says why.
    """
    profiles = build_profiles(
        orders, items, customers, as_of=as_of, rules=rules, predictions=predictions
    )
    return profiles.select(PREDICTION_COLUMNS)


def open_read_copy(path: str | Path) -> AbstractContextManager[ReadCopy]:
    """The read copy of a data folder (or of the `analysis.duckdb` in it), open in the block.

    `query(sql)` answers with a frame, `table(name)` with a whole table. Raises BadSettings when
    nothing was published there.
    """
    folder = Path(path)
    return read_warehouse(folder.parent if folder.name == READ_COPY_NAME else folder)


def _profiles(frames: Mapping[str, pl.DataFrame], as_of: date, shop: Shop) -> pl.DataFrame:
    now = datetime.combine(as_of + timedelta(days=1), time(12), shop.rules.zone).astimezone(UTC)
    with TemporaryDirectory(prefix="enrich-") as name:
        folder = Path(name)
        for kind, frame in frames.items():
            frame.write_parquet(folder / f"{kind}.parquet")
        with _named(folder), open_warehouse(folder) as warehouse:
            paths = {kind: folder / f"{kind}.parquet" for kind in frames}
            files = Files(paths["orders"], paths.get("items"), paths.get("customers"))
            import_store(warehouse, shop, files, now=now)
            make_profiles(warehouse, shop, now=now)
            return warehouse.profiles.of(STORE).drop("store")


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """A fault names the frame, not the file that it passed through."""
    try:
        yield
    except (BadSettings, HeldBack) as fault:
        message = str(fault).replace(f"{folder}/", "").replace(".parquet", "")
        raise type(fault)(message) from None
