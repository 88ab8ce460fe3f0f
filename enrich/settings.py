"""What a user may set, read from one TOML file; every problem is listed at once.

Secrets never stand in the file: a secret is the name of an environment variable, the path of a
secret file, or a Prefect Secret block, and is only read when a run needs it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from croniter import CroniterError, croniter
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import EnvSettingsSource
from pydantic_settings.exceptions import SettingsError

from enrich.described import Described
from enrich.errors import BadSettings
from enrich.model import EARLIEST, LATEST, WINDOWS_DAYS, FileFormat, Rules
from enrich.profile import SEGMENTS, SegmentTable, parse_segments, window_names
from enrich.wrong_settings import (
    Place,
    Where,
    WrongSettings,
    holder,
    lines_of,
    meant,
    nowhere,
    problems_of,
)

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]
Account = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
InstallationName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,60}$")]
YEARS = (1900, 2200)
"""What may be taken as now: windows and horizons around it are days that exist."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not an IANA time zone, such as America/Sao_Paulo")
    return name


# Numbers, names of days and months, and signs; the rest of what croniter takes, Prefect does not.
_CRON_FIELD = r"(?:[0-9*/,#?L-]|[A-Za-z]{3})+"
_CRON_START = datetime(2026, 1, 1)  # noqa: DTZ001  any moment will do


def _cron_line(line: str) -> str:
    """The line, if it is one that Prefect's scheduler takes and that names moments to come."""
    try:
        if re.fullmatch(rf"{_CRON_FIELD}(?: {_CRON_FIELD}){{4}}", line):
            croniter(line, _CRON_START).get_next()
            return line
    except CroniterError:
        pass
    raise ValueError(
        "a schedule is five fields of cron that come true some day, such as 15 */4 * * *"
    )


Zone = Annotated[str, AfterValidator(_known_zone)]


def _bytes(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*(?:\.[0-9]+)? ?[MGT]i?B", text):
        raise ValueError("a memory limit is a number with MB, GB or TB, such as 4 GB")
    return text


def _text_encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"{name!r} is no encoding of text; cp1252, utf-8 and utf-16 are") from None
    return name


OwnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
Encoding = Annotated[str, AfterValidator(_text_encoding)]
Cron = Annotated[str, AfterValidator(_cron_line)]
Memory = Annotated[str, AfterValidator(_bytes)]


def _whole_path(text: str) -> str:
    if not text.startswith(("/", "s3://")):
        raise ValueError("write an absolute path, or s3://BUCKET/... for files in S3")
    return text


LakeFiles = Annotated[str, AfterValidator(_whole_path)]


class _Frozen(Described, BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SecretSource(_Frozen):
    """Where a secret is kept: exactly one of `env`, `file`, `prefect_block`."""

    env: str | None = None
    file: Path | None = None
    prefect_block: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> SecretSource:
        if sum(x is not None for x in (self.env, self.file, self.prefect_block)) != 1:
            raise ValueError(
                "give exactly one of env, file, prefect_block; never the secret itself"
            )
        return self


class Pace(_Frozen):
    """How politely VTEX is asked (reference/vtex.md section 8)."""

    requests_per_second: float = Field(20, gt=0, le=90)
    """Requests to VTEX a second, all threads together."""
    concurrent_details: int = Field(5, ge=1, le=50)
    """Orders fetched at once."""
    concurrent_lists: int = Field(2, ge=1, le=10)
    """Windows listed at once."""


class StoreSettings(_Frozen):
    """One shop: where it is, how to read it, and what its numbers mean."""

    source: Name = "vtex"
    """Which shop system; a third one is a [recipe](extending.md#a-source)."""
    account: Account | None = None
    """VTEX account name; without one the store lives from imports."""
    app_key: SecretSource | None = None
    """Application key."""
    app_token: SecretSource | None = None
    """Application token."""
    base_url: str | None = Field(None, pattern=r"^https?://")
    """Another address than https://ACCOUNT.vtexcommercestable.com.br, such as a simulator's."""
    store_url: str | None = Field(None, pattern=r"^https?://")
    """Address of the shop, for people."""
    sales_channels: Literal["all"] | tuple[str, ...] = "all"
    """Only orders of these sales channels."""
    extra_customer_fields: tuple[FieldName, ...] = ()
    """More Master Data fields of the entity CL, kept as `extra_fields`."""
    opt_in_fields: dict[Literal["sms", "whatsapp", "ads"], FieldName] = {}
    """Master Data fields of the entity CL, true or false, that hold these consents of a person."""
    first_sync_days: int = Field(730, ge=1, le=3650)
    """How far the first sync looks back; VTEX keeps two years."""
    erase_in_vtex: bool = False
    """Whether `enrich forget` also files VTEX's own erasure job for each address of the person."""
    pace: Pace = Pace()
    """How politely VTEX is asked."""
    max_unexplained_share: float = Field(0.001, ge=0, le=1)
    """More orders than this share (and than one) unlike VTEX hold the push."""

    time_zone: Zone = "UTC"
    """IANA zone of the calendar that days are counted on."""
    currency: Currency | None = None
    """Reporting currency; orders in another one are reported and in no figure."""
    purchase_rule: Literal["authorized", "invoiced"] = "authorized"
    """From when on an order is a purchase."""
    returned_purchases: Literal["count", "drop"] = "count"
    """Whether a purchase refunded to zero still counts as one; with `drop` it is in no figure."""
    max_people_per_identifier: int = Field(3, ge=1, le=1000)
    """An e-mail, imported id or document that more people share identifies nobody."""
    amount_basis: Literal["net", "gross", "items"] = "net"
    """After refunds, before them, or the lines alone without shipping and tax."""
    beyond_last: Literal["older", "lifetime"] = "older"
    """What the open window (`360d_plus`) holds: purchases older than the last one, or all."""
    product_label: Literal["name", "sku_name", "id", "ref_id"] | None = None
    """What a product is called in lists; default: `name`, after an upgrade `sku_name` as before."""
    category_label: Literal["leaf", "path", "department"] = "leaf"
    """What a category is called in lists: its own name, the path, or the department."""
    rfm_method: Literal["icomm", "quintile", "thresholds"] = "icomm"
    """How scores are given: as icomm documents, in fifths, or by the shop's own cut points."""
    rfm_frozen_for: Literal["never", "month", "quarter", "year"] = "never"
    """How long cut points stay, so that only customers move."""
    segment_window: str = "lifetime"
    """The window whose scores make group and segment."""
    rfm_thresholds: dict[
        Literal["recency", "frequency", "monetary"], tuple[int, int, int, int]
    ] = {}
    """For `thresholds`: four edges an axis, in order; see [concepts](concepts.md#scores)."""

    @model_validator(mode="after")
    def _whole(self) -> StoreSettings:
        if self.account and not (self.app_key and self.app_token):
            raise ValueError("a store with an account needs app_key and app_token")
        if self.erase_in_vtex and not self.account:
            raise ValueError("erase_in_vtex needs an account to file the job in")
        if "isNewsletterOptIn" in self.opt_in_fields.values():
            raise ValueError("opt_in_fields: a consent to the newsletter is one to nothing else")
        if self.account and self.currency is None:
            raise ValueError("a store with an account needs its reporting currency, such as BRL")
        if self.rfm_method == "thresholds" and len(self.rfm_thresholds) != 3:
            raise ValueError("rfm_method thresholds needs rfm_thresholds for all three axes")
        for axis, edges in self.rfm_thresholds.items():
            _refuse_disorder(axis, edges)
        return self

    @property
    def own_customer_fields(self) -> tuple[str, ...]:
        """The Master Data fields that are asked for beside those of VTEX."""
        return (*self.extra_customer_fields, *self.opt_in_fields.values())

    @property
    def url(self) -> str:
        """The base of every VTEX call of this store."""
        return self.base_url or f"https://{self.account}.vtexcommercestable.com.br"

    def rules(self, windows: tuple[int, ...] = WINDOWS_DAYS) -> Rules:
        """The part of the settings that SQL and the core need, with the installation's windows."""
        names = set(Rules.__dataclass_fields__) - {"windows"}
        return Rules(windows=windows, **{name: getattr(self, name) for name in names})


def _refuse_disorder(axis: str, edges: tuple[int, ...]) -> None:
    """Raise ValueError unless the cut points go one way: up, or those of recency down as well."""
    rising = sorted(set(edges))
    ways = [rising[::-1], rising] if axis == "recency" else [rising]
    if list(edges) not in ways:
        how = "from the most days down" if axis == "recency" else "from the lowest up"
        raise ValueError(
            f"rfm_thresholds.{axis} are the edges of the scores 2 to 5: write them {how},"
            f" none twice, such as {ways[0]}; they are {list(edges)}"
        )


class WarehouseSettings(_Frozen):
    """How much of the machine the warehouse takes."""

    memory_limit: Memory = "4 GB"
    """What DuckDB takes at most, never over half of the machine; more goes to files in `.tmp`."""


class AudienceSettings(_Frozen):
    """Whom to reach for what; see [audiences](audiences.md)."""

    rule: str
    """A condition in SQL over the [fields of a customer](audiences.md#rules)."""
    channel: Literal["email", "sms", "whatsapp", "ads"] = "email"
    """Only people with an address of this channel who said yes to it."""
    order_by: str = "amount_lifetime desc"
    """Who comes first, in SQL; counts where there are more than `max_members`."""
    max_members: int | None = Field(None, ge=1)
    """How many are reached at most."""
    hold_out: float = Field(0, ge=0, le=0.9)
    """Share of people who are never reached, so that the effect can be measured."""
    stores: Literal["all"] | tuple[Name, ...] = "all"
    """Only these stores."""
    destinations: dict[Name, str] = {}
    """Where its members go, and what it is called there: `klaviyo = "Slipping away"`."""
    enabled: bool = True
    """Whether it is computed; what is off ends."""


def shipped_audiences() -> dict[str, dict[str, Any]]:
    """The audiences that are there from the beginning, as settings."""
    path = resources.files("enrich") / "audiences" / "shipped.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


class DestinationEntry(Described, BaseModel):
    """One destination as written; its own adapter validates the rest of the keys."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str
    """Which platform; [platforms](platforms/README.md) lists them."""
    enabled: bool = True
    """Whether the daily run pushes to it."""
    stores: Literal["all"] | tuple[Name, ...] = "all"
    """Only these stores."""
    within_minutes: bool = False
    """Whether it gets [profiles of today](receiving.md#within-minutes) before the daily run."""


class Schedule(_Frozen):
    """When the deployments run, on the clock of `time_zone` (default: the first store's)."""

    sync_cron: Cron = "15 */4 * * *"
    """When to pull, five fields of cron."""
    profiles_cron: Cron = "45 5 * * *"
    """When to compute and push, five fields of cron."""
    received_cron: Cron = "*/2 * * * *"
    """When to look for what was received, where a destination is `within_minutes`."""
    time_zone: Zone | None = None
    """Clock of the schedules; default: the first store's."""


class ImportSettings(_Frozen):
    """How one kind of import file is written: orders, items, customers or consents."""

    encoding: Encoding | None = None
    """Such as `cp1252`, which Excel writes in Portuguese and Spanish; default: UTF-8."""
    decimal: Literal[".", ","] | None = None
    """Decimal sign of amounts and quantities; the other one may stand between thousands."""
    dates: Literal["iso", "dmy", "mdy"] | None = None
    """Order of day, month and year where a date is not 2026-12-31; that is always read."""
    columns: dict[str, str] = {}
    """Our column by the name it has there: `order_id = "Pedido"`."""
    statuses: dict[str, str] = {}
    """VTEX's status for a word of the file: `"Em rota" = "invoiced"`."""
    sheet: str | None = None
    """Sheet of a workbook; default: the first."""
    header_line: int | None = Field(None, ge=1)
    """Line of the column names; default: the first line that has all of them."""

    def as_format(self) -> FileFormat:
        """The same for the readers."""
        return FileFormat(**self.model_dump())


ImportKind = Literal["orders", "items", "customers", "consents"]


class Retention(_Frozen):
    """How long what holds people's data for a while is kept."""

    rejects_days: int = Field(90, ge=1)
    """Days that rejected records are kept."""
    exports_days: int = Field(90, ge=1)
    """Days that files in exports/ are kept."""
    inbox_days: int = Field(30, ge=1)
    """Days that messages received are kept when no sync takes them in."""
    inactive_years: int | None = Field(None, ge=1, le=30)
    """Years without a sign of life after which `enrich forget --inactive` forgets; off if unset."""


class Caller(_Frozen):
    """Who may call the receiver: what it sends, about which store, and the secret it has to know.

    `destination` is the platform that speaks, where it does not have the caller's own name.
    """

    kind: Literal["vtex-customers", "vtex-orders", "connectif", "consents"]
    """What the calls hold; [receiving](receiving.md) shows each."""
    secret: SecretSource
    """What the caller has to know; it stands in the address or a header."""
    store: Name | None = None
    """Which store it speaks of; needed when there are several."""
    destination: Name | None = None
    """The platform that speaks, where it is not called like the caller."""


class Receive(_Frozen):
    """Where the receiver listens, and how much of a caller it bears."""

    host: str = "127.0.0.1"
    """Address to listen at."""
    port: int = Field(4220, ge=0, le=65535)
    """Port to listen at."""
    max_body_kb: int = Field(64, ge=1, le=4096)
    """Longer calls are refused."""
    max_concurrent: int = Field(64, ge=1, le=1000)
    """Calls answered at the same time; more get 503 and try again."""
    max_connections: int = Field(512, ge=1, le=10_000)
    """Connections held at once, of all callers."""
    max_connections_per_address: int = Field(128, ge=1, le=10_000)
    """Connections held at once from one address; behind a reverse proxy all come from one."""
    callers: dict[Name, Caller] = {}


class Consent(_Frozen):
    """Newsletter consents: who is asked, and what VTEX and destinations get; off until `enabled`.

    `read_from` are destinations that are asked; those whose `entities` have consents receive them.
    """

    enabled: bool = False
    """Whether consents are decided and sent."""
    read_from: tuple[Name, ...] = ()
    """Destinations that are asked for consents."""
    write_to_vtex: bool = True
    """Whether the newest word is written to VTEX."""
    max_writes_a_day: int = Field(5_000, ge=0)
    """Documents written in VTEX within 24 hours, at most."""
    create_unknown: bool = False
    """Whether somebody with a dated yes whom VTEX does not know is made there."""
    undated_no: Literal["stands", "yields"] = "stands"
    """Whether a no without a moment stands against a dated yes."""
    looks_per_run: int = Field(500, ge=0)
    """People looked up one by one at a platform that cannot export, a run."""
    export_wait_minutes: float = Field(10, ge=0)
    """How long a run waits for a platform's export."""


class PredictionSettings(_Frozen):
    """What comes next for each customer: when there are predictions, and when they are tested."""

    enabled: bool = True
    """Whether there are any."""
    min_buyers: int = Field(500, ge=1)
    """Fewer customers with a purchase are too few to learn from."""
    min_history_days: int = Field(180, ge=1)
    """Days since the first purchase; a shorter history is too short."""
    max_value_correlation: float = Field(0.3, ge=0, le=1)
    """Where how often and how much people buy are further together, there are no amounts."""
    yearly_discount_rate: float = Field(0, ge=0, le=1)
    """By how much money of a year from now is worth less, in `clv_365d`."""
    backtest_every_days: int = Field(7, ge=1)
    """Days between two back-tests; a new k is tested at once, as is `profiles --backtest`."""
    backtest_horizon_days: int = Field(90, ge=1, le=730)
    """How many days a back-test predicts."""
    max_bias: float = Field(0.5, ge=0)
    """Predictions further off in the newest back-test (0.5: half) go to no destination."""


class OwnFieldSettings(_Frozen):
    """A field of your own in every profile; see [fields](concepts.md#fields-of-your-own)."""

    sql: str
    """A question that gives `customer_key` and the value, a row per customer."""
    type: Literal["text", "integer", "number", "amount", "date", "boolean", "list"]
    """What the value is; a list is one of texts."""
    definition: str
    """What it means, for who reads the dictionary."""
    unit: str = ""
    """What it is counted in."""
    max_seconds: float = Field(60, gt=0, le=3600)
    """A question that takes longer is given up."""


class ProductSettings(_Frozen):
    """What is bought again at regular intervals, and what each customer is likely to buy next."""

    enabled: bool = True
    """Whether either is computed."""
    min_gaps: int = Field(30, ge=1)
    """Regular: at least so many times between two purchases of it by one customer,"""
    min_people: int = Field(10, ge=1)
    """by at least so many customers,"""
    min_repeat_share: float = Field(0.1, ge=0, le=1)
    """who are at least this share of its buyers,"""
    max_spread: float = Field(1, ge=0)
    """and the middle half of these times no wider than so many times their median."""
    every_days: int = Field(7, ge=1)
    """Days between two computations of the next best products; `profiles --backtest`: at once."""
    horizon_days: int = Field(90, ge=1, le=730)
    """Days within which a product is to be bought, for its place in the list and the back-test."""


class GoalSettings(_Frozen):
    """What a shop wants to reach; the dashboard shows how far it is."""

    figure: Literal[
        "amount", "purchases", "average", "customers", "new_customers", "returning_customers"
    ]
    """Of what: sales, purchases, average ticket, unique, new or returning customers."""
    target: float = Field(gt=0)
    """How much in one period; sales and average ticket in currency units."""
    period: Literal["month", "quarter", "year"] = "month"
    """Calendar month, quarter or year."""
    store: Name | None = None
    """Of which store; needed when there are several."""


class ReadCopySettings(_Frozen):
    """Where other programs find the read copy, who may read it, and what is in it."""

    folder: Path | None = None
    """Folder of `analysis.duckdb`; default: the data folder, which no other account may enter."""
    file_mode: Literal["0600", "0640", "0644"] = "0600"
    """Who reads it: its owner, its group too, or everybody on the machine."""
    file_group: str | None = None
    """Group of the file, such as that of the analysts."""
    contacts: bool = True
    """Whether it holds contact data; without, no e-mail, name, phone, document or source id."""
    parquet: bool = False
    """Whether its tables are also Parquet files, in `analysis_parquet` beside it."""


class LakeSettings(_Frozen):
    """Files that a schedule makes a [lake](scale.md#on-a-schedule) of, with its profiles."""

    orders: LakeFiles | None = None
    """Files of orders, such as `/srv/in/orders-*.parquet` or `s3://BUCKET/orders-*.parquet`."""
    items: LakeFiles | None = None
    """Files of order lines."""
    customers: LakeFiles | None = None
    """Files of customers."""
    folder: LakeFiles | None = None
    """Folder of the lake, or `s3://BUCKET/FOLDER`; default: `lake` in the data folder."""
    store: Name | None = None
    """Store that the files belong to; required when there are several stores."""
    cron: Cron = "45 3 * * *"
    """When the lake is built, as five fields of cron; only where files are named."""
    buckets: int = Field(64, ge=1, le=4096)
    """Number of buckets that people are divided into."""
    engine: Literal["local", "processes", "dask", "spark"] = "processes"
    """What runs the work on the buckets."""
    workers: int = Field(2, ge=1)
    """Number of workers to start."""
    address: str | None = None
    """Address of your cluster, for `dask` and `spark`."""
    memory: Memory = "2 GB"
    """Memory limit of DuckDB in each worker."""

    @model_validator(mode="after")
    def _address_is_used(self) -> LakeSettings:
        if self.address is not None and self.engine in ("local", "processes"):
            raise ValueError(f'address is for engine "dask" or "spark", not for "{self.engine}"')
        return self

    @property
    def files(self) -> dict[Literal["orders", "items", "customers"], str | None]:
        """The globs by their kind."""
        return {"orders": self.orders, "items": self.items, "customers": self.customers}

    @property
    def is_wanted(self) -> bool:
        return any(self.files.values())


class AlertTarget(_Frozen):
    """Where alerts go."""

    kind: Literal["email", "slack", "teams", "webhook"]
    """By what: mail through a server of yours, a channel, or a POST of JSON."""
    url: SecretSource
    """Its address, which holds a secret; [alerts](operations.md#alerts) shows each kind."""


class Alerts(_Frozen):
    """Who hears of a run that failed or data that is old; nobody until a target is named."""

    targets: dict[Name, AlertTarget] = {}
    """Where alerts go, each under a name."""
    max_data_age_hours: float = Field(9, ge=1, le=720)
    """An alert follows when no sync has completed for so long; the default is two missed ones."""
    ping: dict[Literal["sync", "profiles"], SecretSource] = {}
    """Addresses that are called after each good run: a monitor there notices when the calls end."""


class Settings(_Frozen):
    """The whole configuration of one installation."""

    data_dir: Path = Path("data")
    """The warehouse, its read copy, the dashboard, exports; relative to the settings file."""
    installation: InstallationName | None = None
    """Name in Prefect, where several use one server; default: made from an id in `data_dir`."""
    segments_file: Path | None = None
    """Your own [segment table](concepts.md#segments), relative to this file; default: ours."""
    queries_dir: Path | None = None
    """Folder of your own [ready queries](analysis.md#ready-queries), relative to this file."""
    windows: tuple[int, ...] = WINDOWS_DAYS
    """The windows of days; longer ones than 360 may be added, none taken away."""
    now: datetime | None = Field(None, ge=EARLIEST, lt=LATEST)
    """Take this moment as now: for trials with old data."""
    stores: dict[Name, StoreSettings] = Field(default_factory=lambda: {"main": StoreSettings()})
    destinations: dict[Name, DestinationEntry] = {}
    audiences: dict[Name, AudienceSettings] = Field({}, validate_default=True)
    fields: dict[OwnName, OwnFieldSettings] = {}
    warehouse: WarehouseSettings = WarehouseSettings()
    schedule: Schedule = Schedule()
    retention: Retention = Retention()
    imports: dict[ImportKind, ImportSettings] = {}
    read_copy: ReadCopySettings = ReadCopySettings()
    lake: LakeSettings = LakeSettings()
    receive: Receive = Receive()
    consent: Consent = Consent()
    prediction: PredictionSettings = PredictionSettings()
    products: ProductSettings = ProductSettings()
    alerts: Alerts = Alerts()
    goals: dict[Name, GoalSettings] = {}
    _former_names: tuple[str, ...] = PrivateAttr(())
    _where: Where = PrivateAttr(default_factory=lambda: nowhere)

    @field_validator("audiences", mode="before")
    @classmethod
    def _with_shipped(cls, given: Any) -> Any:
        """Ours, changed setting by setting by the file, then the shop's own."""
        if not isinstance(given, dict):
            return given
        ours = shipped_audiences()
        changed = {
            name: {**ours[name], **one} if name in ours and isinstance(one, dict) else one
            for name, one in given.items()
        }
        return {**ours, **changed}

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if not self.stores:
            raise ValueError("at least one store is needed: [stores.NAME]")
        if self.windows[: len(WINDOWS_DAYS)] != WINDOWS_DAYS or any(
            longer <= shorter for shorter, longer in pairwise(self.windows)
        ):
            raise ValueError(
                "windows must begin with 30, 60, 90, 180, 360; longer ones may follow, ascending"
            )
        for name, store in self.stores.items():
            if store.segment_window not in window_names(self.windows):
                known = ", ".join(window_names(self.windows))
                raise ValueError(f"stores.{name}.segment_window must be one of {known}")
        if self.now is not None and self.now.tzinfo is None:
            raise ValueError("now needs a time zone, such as 2011-12-10T03:00:00Z")
        if self.now is not None and not YEARS[0] <= self.now.year <= YEARS[1]:
            raise ValueError(f"now is not between the years {YEARS[0]} and {YEARS[1]}")
        for name, destination in self.destinations.items():
            unknown = (
                set(destination.stores) - set(self.stores) if destination.stores != "all" else set()
            )
            if unknown:
                raise ValueError(f"destination {name} names unknown stores: {sorted(unknown)}")
        for name, audience in self.audiences.items():
            stores = () if audience.stores == "all" else audience.stores
            strange = {*stores} - {*self.stores}, {*audience.destinations} - {*self.destinations}
            for kind, names in zip(("stores", "destinations"), strange, strict=True):
                if names:
                    raise ValueError(f"audiences.{name} names unknown {kind}: {sorted(names)}")
        for name, caller in self.receive.callers.items():
            if problem := self._problem_of(caller):
                raise ValueError(f"receive.callers.{name} {problem}")
        for name, goal in self.goals.items():
            if problem := self._problem_of_store(goal.store):
                raise ValueError(f"goals.{name} {problem}")
        if self.lake.is_wanted and (problem := self._problem_of_store(self.lake.store)):
            raise ValueError(f"lake.store {problem}")
        missing = sorted(set(self.consent.read_from) - set(self.destinations))
        if missing:
            raise ValueError(f"consent.read_from names unknown destinations: {missing}")
        return self

    def _problem_of(self, caller: Caller) -> str | None:
        if problem := self._problem_of_store(caller.store):
            return problem
        if caller.destination not in (None, *self.destinations):
            return f"names the unknown destination {caller.destination}"
        return None

    def _problem_of_store(self, store: str | None) -> str | None:
        if store is None and len(self.stores) > 1:
            return f"needs a store, one of {', '.join(self.stores)}"
        return None if store in (None, *self.stores) else f"names the unknown store {store}"

    def store_of(self, caller: Caller) -> str:
        """The store a caller speaks about; the only one where it names none."""
        return caller.store or next(iter(self.stores))

    @property
    def former_names(self) -> tuple[str, ...]:
        """One line per setting that the file gives under its former name."""
        return self._former_names

    def where(self, place: Sequence[str]) -> str | None:
        """Where a setting is written: a line of the file, or a variable of the environment."""
        return self._where(tuple(place))

    @property
    def schedule_zone(self) -> str:
        return self.schedule.time_zone or next(iter(self.stores.values())).time_zone

    def moment(self, clock: Callable[[], datetime]) -> datetime:
        """The UTC moment this run takes as now: the configured one, else the clock's."""
        return (self.now or clock()).astimezone(UTC)


def parse_settings(document: Mapping[str, Any], where: Where = nowhere) -> Settings:
    """The settings of a parsed TOML document; raises WrongSettings naming every problem.

    A setting under its former name counts; `former_names` has a line for it.
    """
    renamed, notes = _with_new_names(document)
    try:
        settings = Settings.model_validate(renamed)
    except ValidationError as error:
        raise WrongSettings(problems_of(error, Settings, where)) from None
    settings._former_names = tuple(notes)
    settings._where = where
    return settings


def import_format(settings: Settings, kind: ImportKind, options: Mapping[str, Any]) -> FileFormat:
    """How one kind of import file is written; `options` come before what the settings say.

    Raises BadSettings naming the option that is wrong.
    """
    given = settings.imports.get(kind, ImportSettings()).model_dump(exclude_unset=True)
    pairs = {
        name: {**given.get(name, {}), **options.get(name, {})} for name in ("columns", "statuses")
    }
    try:
        return ImportSettings.model_validate({**given, **options, **pairs}).as_format()
    except ValidationError as error:
        raise WrongSettings(problems_of(error, ImportSettings)) from None


RENAMED = {
    "stores.NAME.beyond_360": "beyond_last",
    "stores.NAME.most_unexplained_share": "max_unexplained_share",
    "receive.most_body_kb": "max_body_kb",
    "receive.most_at_once": "max_concurrent",
    "consent.most_writes_a_day": "max_writes_a_day",
}
"""The new name of each renamed setting, by its former path; NAME stands for any name."""


def _with_new_names(part: Any, path: str = "", pattern: str = "") -> tuple[Any, list[str]]:
    """The document with renamed keys under their new names, and a line about each.

    A former name beside the new one stays: it is refused as an unknown setting.
    """
    if not isinstance(part, dict):
        return part, []
    found: dict[str, Any] = {}
    notes: list[str] = []
    for name, value in part.items():
        here = f"{pattern}{'NAME' if pattern == 'stores.' else name}"
        new = RENAMED.get(here) or name
        if new in part:
            new = name
        if new != name:
            notes.append(f"{path}{name} is called {new} now; rename it in the settings")
        found[new], inner = _with_new_names(value, f"{path}{name}.", f"{here}.")
        notes += inner
    return found, notes


def read_settings(path: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the TOML file at `path`, if any, and of the environment, which comes first.

    `ENRICH_STORES__MAIN__CURRENCY` is stores.main.currency. A relative path is relative to the
    folder of the file: the data folder, those of the read copy and of queries, the segment table,
    files of secrets. Raises WrongSettings naming every problem.
    """
    text = _text_of(path) if path else ""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{path} is not valid TOML: {error}") from None
    environ = environ or {}
    where = partial(holder, _places_in(path, text, environ))
    merged = _merged(document, _overrides(environ))
    if path is None:
        return parse_settings(merged, where)
    folder = path.absolute().parent
    settings = parse_settings(_with_secret_files_in(merged, folder), where)
    segments, queries = settings.segments_file, settings.queries_dir
    copy_folder = settings.read_copy.folder
    read_copy = settings.read_copy.model_copy(
        update={"folder": copy_folder and folder / copy_folder.expanduser()}
    )
    return settings.model_copy(
        update={
            "data_dir": folder / settings.data_dir.expanduser(),
            "segments_file": segments and folder / segments.expanduser(),
            "queries_dir": queries and folder / queries.expanduser(),
            "read_copy": read_copy,
        }
    )


def _places_in(path: Path | None, text: str, environ: Mapping[str, str]) -> dict[Place, str]:
    """Where each setting and table is written; a variable alone comes before the file."""
    variables = {_place_of(name): name for name in overrides_in(environ)}
    tables = {
        place[:length]: name for place, name in variables.items() for length in range(1, len(place))
    }
    lines = {place: f"{path}:{line}" for place, line in lines_of(text).items()}
    return {**tables, **lines, **variables}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadSettings(
            f"{path} does not exist; `enrich init` writes one to start from"
        ) from None
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSettings(f"{path} is not text in UTF-8") from None


PREFIX = "ENRICH_"


class _Environment(EnvSettingsSource):
    """The environment as a document of settings; which one is an argument."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        super().__init__(
            Settings,  # type: ignore[arg-type]  # no settings of the library: no other source
            env_prefix=PREFIX,
            env_nested_delimiter="__",
            env_ignore_empty=True,
        )

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._environ.items() if value}


def _place_of(variable: str) -> Place:
    return tuple(variable.removeprefix(PREFIX).lower().split("__"))


def overrides_in(environ: Mapping[str, str]) -> list[str]:
    """The variables that set something; raises BadSettings on one of a table that is not there."""
    found = [name for name in environ if name.startswith(PREFIX) and environ[name]]
    fields = list(Settings.model_fields)
    for name in found:
        first, *rest = _place_of(name)
        if rest and first not in fields:
            raise BadSettings(f"{name}: there is no setting {first}{meant(first, fields)}")
    return sorted(name for name in found if _place_of(name)[0] in fields)


def _overrides(environ: Mapping[str, str]) -> dict[str, Any]:
    """What the environment sets, as a document."""
    found: dict[str, Any] = {}
    for name in overrides_in(environ):
        try:
            found = _merged(found, _Environment({name: environ[name]})())
        except SettingsError:
            raise BadSettings(f"{name} is a table or a list: write it as JSON") from None
    return found


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both documents; tables are joined, of other values the one that is over counts."""
    found = dict(under)
    for name, value in over.items():
        below = found.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            found[name] = _merged(below, value)
        else:
            found[name] = value
    return found


def _with_secret_files_in(part: Any, folder: Path) -> Any:
    """The document with every `{ file = "path" }` made absolute."""
    if isinstance(part, list):
        return [_with_secret_files_in(one, folder) for one in part]
    if not isinstance(part, dict):
        return part
    if part.keys() == {"file"} and isinstance(part["file"], str):
        return {"file": str(folder / Path(part["file"]).expanduser())}
    return {name: _with_secret_files_in(one, folder) for name, one in part.items()}


CONFIG_NAME = "enrich.toml"
WAREHOUSE_NAME = "warehouse.duckdb"


def find_settings(
    config: Path | None, data: Path | None, environ: Mapping[str, str]
) -> tuple[Settings, Path | None]:
    """The settings of a command or a run, and the file they are from, None without one.

    An argument counts before ENRICH_CONFIG and ENRICH_DATA, these before `enrich.toml` in the
    current folder and before `data_dir`. Paths that are given are relative to the current folder.
    Raises BadSettings, also where a warehouse lies at the place where it was once looked for.
    """
    path = config or _path_in(environ, "ENRICH_CONFIG")
    if config is None and path is not None and not path.exists():
        raise BadSettings(
            f"{path}, which ENRICH_CONFIG names, does not exist;"
            f" `ENRICH_CONFIG= enrich init {path}` writes one to start from"
        )
    if path is None and Path(CONFIG_NAME).exists():
        path = Path(CONFIG_NAME)
    settings = read_settings(path, environ)
    if folder := data or _path_in(environ, "ENRICH_DATA"):
        return settings.model_copy(update={"data_dir": folder}), path
    if path is not None:
        _refuse_second_warehouse(path, settings.data_dir)
    return settings, path


def _path_in(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _refuse_second_warehouse(path: Path, data_dir: Path) -> None:
    """Until 0.1.0 a relative `data_dir` was relative to the current folder."""
    folder = path.absolute().parent
    if not data_dir.is_relative_to(folder):
        return
    before = Path.cwd() / data_dir.relative_to(folder)
    if (before / WAREHOUSE_NAME).is_file() and not (data_dir / WAREHOUSE_NAME).is_file():
        raise BadSettings(
            f"a relative data_dir is relative to the settings file: there is no warehouse in"
            f" {data_dir}, but one in {before}; move that folder there, or say --data {before}"
        )


def read_segments(settings: Settings) -> SegmentTable:
    """The segment table of the installation; raises BadSettings that names file and problem."""
    path = settings.segments_file
    if path is None:
        return SEGMENTS
    try:
        return parse_segments(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise BadSettings(f"segments_file {path} cannot be read: {problem}") from None
    except BadSettings as error:
        raise BadSettings(f"segments_file {path}: {error}") from None


def read_secret(
    source: SecretSource, environ: Mapping[str, str], block: Callable[[str], str] | None = None
) -> SecretStr:
    """The secret itself, read now; raises BadSettings saying where it was looked for."""
    if source.env is not None:
        if not environ.get(source.env):
            raise BadSettings(
                f"the environment variable {source.env} is not set or empty: export it, or name"
                " another place in the settings"
            )
        return SecretStr(environ[source.env].strip())
    if source.file is not None:
        return _secret_of_file(source.file)
    if block is None:
        raise BadSettings(f"the Prefect block {source.prefect_block} is only readable in a flow")
    return SecretStr(block(str(source.prefect_block)))


def check_header(setting: str, secret: SecretStr) -> SecretStr:
    """The secret when HTTP can carry it in a header; raises BadSettings naming the setting."""
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        raise BadSettings(
            f"the secret of {setting} holds a letter with an accent, a line break or another"
            " character that HTTP cannot carry; copy it again from where it was made"
        )
    return secret


def _secret_of_file(path: Path) -> SecretStr:
    try:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        raise BadSettings(f"the secret file {path} cannot be read: see path and rights") from None
