"""What a push has to send: profiles against what the platform last accepted. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from enrich.destinations.base import MappedField
from enrich.destinations.mapping import version_of
from enrich.errors import BadSettings
from enrich.profile import ProfileField
from enrich.profile.field import ShareStep

UNIT = "\x1f"
FIELD = "\x1e"
NULL = "\x00"
DRIFT = ";"  # before each drifting value, behind the digest of the others
NEARLY = 1e-9  # .85 - .80 is a little under .05
# Texts of 10,000 profiles are some 15 MB; a million at once would be a hundred times that.
ROWS_AT_ONCE = 10_000
# So many whole records at once where the platform sets no limit.
RECORDS_AT_ONCE = 10_000

# VTEX hides shoppers behind aliases such as ...@ct.vtex.com.br and asterisks.
MASKED_EMAIL = r"\*|@(?:[a-z0-9-]+\.)*ct\.vtex\.com(?:\.br)?$"
PLAIN_EMAIL = r"^[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@.,;<>\"]{2,}$"

# What decides whether a customer can be sent; the other columns wait until it is known who goes.
JUDGED_BY = ("customer_key", "email", "last_purchase_date")

REMOVED_SCHEMA = {"record_id": pl.String, "remote_key": pl.String}

# What became of a record that need not be sent a second time by the same export.
ANSWERED = ("accepted", "queued", "rejected", "invalid")

NO_EMAIL = "no real e-mail"
BAD_EMAIL = "not an e-mail address"
SHARED_EMAIL = "same e-mail as another customer"


@dataclass(frozen=True, slots=True)
class PushedState:
    """What the ledger knows of one entity of one destination.

    `records` has record_id, hash (null: never accepted), outcome, remote_key, and memo where there
    is one. `unanswered` were sent and nobody knows what became of them. `since` is when this memory
    begins: of what happened before, a platform may have more than is remembered; None, of anything.
    """

    records: pl.DataFrame
    unanswered: frozenset[str] = frozenset()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What changed since the platform last accepted.

    `to_send` has record_id, hash, is_known (accepted before) and the profile's columns, in the
    order of customer_key, when each was accepted last, and `former`: the address by which the
    platform knows the customer now, where it is another one and nobody else's. `invalid` counts by
    reason the profiles this platform cannot take.
    `removed` has record_id and remote_key of the customers the platform has and the profiles no
    longer have. `row_count` is how many records it could have. `frozen` changed since they were
    accepted and the platform takes no change. `ends` of the `living` records that the platform has
    are over from now on. `done_before` were answered in an earlier run of the
    same export. `load_rows` gives some rows of `to_send` the
    columns that they are rendered from.
    """

    adds: int
    changes: int
    unchanged: int
    to_send: pl.DataFrame
    removed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REMOVED_SCHEMA))
    invalid: Mapping[str, int] = field(default_factory=dict)
    frozen: int = 0
    ends: int = 0
    living: int = 0
    done_before: int = 0
    load_rows: Callable[[pl.DataFrame], pl.DataFrame] | None = None

    @property
    def removals(self) -> int:
        return self.removed.height

    @property
    def row_count(self) -> int:
        return self.adds + self.changes + self.unchanged

    @property
    def is_empty(self) -> bool:
        return self.to_send.is_empty()

    def slices(self, max_records: int | None) -> Iterator[pl.DataFrame]:
        """`to_send` cut by count, each part whole; the cut by bytes follows with the rendering."""
        if self.is_empty:
            return
        most = self.to_send.height if self.load_rows is None else RECORDS_AT_ONCE
        for part in self.to_send.iter_slices(max_records or most):
            yield part if self.load_rows is None else self.load_rows(part)

    def sample(self, count: int) -> pl.DataFrame:
        """The first rows of `to_send` with all their columns."""
        return next(self.slices(count), self.to_send)


def build_plan(
    profiles: pl.DataFrame,
    state: pl.DataFrame,
    fields: Sequence[MappedField],
    *,
    record_key: str,
    mapping_version: str,
    whole_table: bool = False,
    export_id: str | None = None,
    others: pl.DataFrame | None = None,
) -> PushPlan:
    """The plan for `profiles` (one row per customer) against `state`.

    `state` has record_id and hash, and may have remote_key. A null hash means tried and never
    accepted. With `whole_table` one change sends every profile, no change still sends nothing.
    With `export_id` every profile goes that this export was not answered for, and nobody is gone.
    `others` (JUDGED_BY) are the rest of the customers where the profiles are a part: they count, as
    unchanged, and share addresses, but nobody looks whether one of them is to be sent or gone.
    """
    _require(profiles.schema, fields)
    clean = without_aliases(profiles)
    hashes = clean.select("customer_key", hash_profiles(clean, fields, mapping_version))
    everybody = [clean, *([] if others is None else [without_aliases(others)])]
    judged = _judge(pl.concat(one.select(JUDGED_BY) for one in everybody), record_key)
    judged = judged.with_columns(record_id=pl.col("customer_key").cast(pl.String))
    good = judged.filter(pl.col("problem").is_null()).sort("customer_key")
    steps = [field.step for field in _diffed(fields) if field.step is not None]
    mine = good.join(hashes, on="customer_key", maintain_order="left")
    people = with_push_state(mine, state, export_id, steps)
    people = _moved(people, good["email"], is_by_email=record_key == "email")
    changed = people.filter("is_changed" if export_id is None else ~pl.col("is_done"))
    known_count = int(changed["is_known"].sum())
    is_all_sent = whole_table and not changed.is_empty()
    return PushPlan(
        adds=changed.height - known_count,
        changes=known_count,
        unchanged=good.height - changed.height,
        removed=_removed(good, state if export_id is None and others is None else state.clear()),
        done_before=0 if export_id is None else people.height - changed.height,
        to_send=_with_profiles(people if is_all_sent else changed, clean),
        invalid=count_problems(judged.join(hashes, on="customer_key", how="semi")),
    )


def clearing_plan(gone: pl.DataFrame, record_key: str, fields: Sequence[ProfileField]) -> PushPlan:
    """A plan that sends every one of the fields empty; from record_id, remote_key and hash."""
    empty = pl.DataFrame(
        {one.name: pl.Series([one.empty], dtype=one.dtype) for one in fields},
        strict=False,
    )
    rows = gone.join(empty, how="cross").with_columns(
        customer_key=pl.col("record_id").cast(pl.Int64),
        email=pl.col("remote_key") if record_key == "email" else pl.lit(None, dtype=pl.String),
        is_known=pl.lit(True),
    )
    return PushPlan(adds=0, changes=0, unchanged=0, to_send=rows.drop("remote_key"))


def hash_profiles(
    profiles: pl.DataFrame, fields: Sequence[MappedField], mapping_version: str
) -> pl.Series:
    """One canonical hash per profile, equal for equal mapped values in every process and version.

    A digest over the diffed fields in the order of their platform names, with the mapping itself;
    ISO dates, decimals as they are, lists joined, null apart from the empty text. The values of
    fields with a step stand behind it, readable: the ledger keeps the hash of what was accepted,
    so a later value is compared with the accepted one and never with yesterday's, and many small
    moves add up to a change.
    """
    diffed, schema = _diffed(fields), profiles.schema  # asked for once: it is dear
    salt = version_of(mapping_version, *((f.source, f.target, f.format) for f in diffed)).encode()
    texts = [_canonical(f.source, schema[f.source]) for f in diffed if f.step is None]
    whole = pl.concat_str(texts or [pl.lit("")], separator=FIELD)
    hashes = [
        hashlib.blake2b(text.encode(), digest_size=16, key=salt).hexdigest()
        for part in profiles.iter_slices(ROWS_AT_ONCE)
        for text in part.select(text=whole)["text"]
    ]
    digests = pl.Series("hash", hashes, dtype=pl.String)
    values = [_number(f.source, schema[f.source]) for f in diffed if f.step is not None]
    return profiles.select(hash=pl.concat_str([pl.lit(digests), *values], separator=DRIFT))["hash"]


def _diffed(fields: Sequence[MappedField]) -> list[MappedField]:
    return sorted((f for f in fields if f.is_diffed), key=lambda f: (f.target, f.source))


def _number(column: str, dtype: pl.DataType) -> pl.Expr:
    """A drifting value as the text of a number, of a date that of its day; null is empty."""
    days = pl.col(column).to_physical() if dtype == pl.Date else pl.col(column)
    return days.cast(pl.Float64).cast(pl.String).fill_null("")


def _require(schema: pl.Schema, fields: Sequence[MappedField]) -> None:
    missing = sorted({field.source for field in fields} - set(schema))
    if missing:
        raise BadSettings(f"the profiles lack {', '.join(missing)}; compute them again")


def _canonical(column: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(column)
    if isinstance(dtype, pl.List):
        value = value.cast(pl.List(pl.String)).list.join(UNIT)
    elif dtype == pl.Date:
        value = value.dt.to_string("%Y-%m-%d")
    elif isinstance(dtype, pl.Datetime):
        value = value.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f")
    elif isinstance(dtype, pl.Struct):
        value = value.struct.json_encode()
    return value.cast(pl.String).fill_null(NULL)


def with_push_state(
    good: pl.DataFrame,
    state: pl.DataFrame,
    export_id: str | None,
    steps: Sequence[float] = (),
) -> pl.DataFrame:
    """The records beside what is known of each: is_known, is_changed, is_done, memo.

    `steps` are those of the drifting values in the hashes.
    """
    joined = good.join(
        known_state(state, export_id), on="record_id", how="left", maintain_order="left"
    )
    return joined.with_columns(
        is_known=pl.col("old_hash").is_not_null(),
        is_changed=_is_changed(steps),
        is_done=pl.col("is_done").fill_null(False),
    )


def _is_changed(steps: Sequence[float]) -> pl.Expr:
    """Whether the hash is another one, in its drifting values by a step or more."""
    old, new = pl.col("old_hash"), pl.col("hash")
    if not steps:
        return old.ne_missing(new)
    parts = old.str.split(DRIFT), new.str.split(DRIFT)
    before, now = (
        [one.list.get(n, null_on_oob=True) for n in range(len(steps) + 1)] for one in parts
    )
    return pl.any_horizontal(
        before[0].ne_missing(now[0]),
        *(_is_moved(*one) for one in zip(before[1:], now[1:], steps, strict=True)),
    )


def _is_moved(before: pl.Expr, now: pl.Expr, step: float) -> pl.Expr:
    """Whether a drifting value moved by its step, appeared or went away."""
    old, new = (one.cast(pl.Float64, strict=False) for one in (before, now))
    least = pl.lit(step)
    if isinstance(step, ShareStep):
        least = pl.max_horizontal(old.abs() * step, step.LEAST)
    is_far = (new - old).abs() >= least - NEARLY
    return is_far.fill_null(False) | (old.is_null() != new.is_null())


def known_state(state: pl.DataFrame, export_id: str | None) -> pl.DataFrame:
    """record_id, old_hash, memo, and is_done: whether this export was answered for the record."""
    there = {
        name: pl.col(name) if name in state.columns else pl.lit(None)
        for name in ("outcome", "memo", "export_id", "remote_key", "accepted_at")
    }
    is_of_it = (there["export_id"].cast(pl.String) == (export_id or "")).fill_null(False)
    return state.select(
        pl.col("record_id").cast(pl.String),
        old_hash=pl.col("hash").cast(pl.String),
        memo=there["memo"].cast(pl.String),
        known_at=there["remote_key"].cast(pl.String),
        accepted_at=there["accepted_at"].cast(pl.String),
        is_done=is_of_it & there["outcome"].cast(pl.String).is_in(ANSWERED).fill_null(False),
    )


def _moved(people: pl.DataFrame, emails: pl.Series, *, is_by_email: bool) -> pl.DataFrame:
    """A new address is a change too; the old one is `former` unless it is somebody else's now.

    `emails` are those of everybody.
    """
    is_moved = (pl.col("known_at") != pl.col("email")).fill_null(False) & is_by_email
    is_free = ~pl.col("known_at").is_in(emails.drop_nulls().implode())
    return people.with_columns(
        is_changed=pl.col("is_changed") | is_moved,
        former=pl.when(is_moved & is_free).then("known_at"),
    )


def _with_profiles(wanted: pl.DataFrame, profiles: pl.DataFrame) -> pl.DataFrame:
    """Only now the wide columns, and only of what is sent: most days that is little of many."""
    names = ("customer_key", "record_id", "hash", "is_known", "former", "accepted_at")
    keys = wanted.select(names)
    return keys.join(profiles, on="customer_key", how="left", maintain_order="left")


def without_aliases(profiles: pl.DataFrame) -> pl.DataFrame:
    """A masked alias is never an address and never leaves the machine, whatever the platform."""
    email = pl.col("email").cast(pl.String).str.strip_chars().str.to_lowercase()
    is_masked = email.str.contains(MASKED_EMAIL) | (email == "")
    return profiles.with_columns(email=pl.when(~is_masked).then(email))


def _judge(profiles: pl.DataFrame, record_key: str) -> pl.DataFrame:
    """The profiles with `problem`: why a platform keyed by e-mail cannot take them, or null."""
    if record_key != "email":
        return profiles.with_columns(problem=pl.lit(None, dtype=pl.String))
    newest_first = profiles.with_row_index("place").sort(
        ["last_purchase_date", "customer_key"], descending=[True, False], nulls_last=True
    )
    is_shared = ~pl.col("email").is_first_distinct()
    problem = pl.coalesce(email_problem(), pl.when(is_shared).then(pl.lit(SHARED_EMAIL)))
    return newest_first.with_columns(problem=problem).sort("place").drop("place")


def email_problem() -> pl.Expr:
    """Why a platform that knows people by their address cannot take the record; else null."""
    email = pl.col("email")
    return (
        pl.when(email.is_null() | email.str.contains(MASKED_EMAIL))
        .then(pl.lit(NO_EMAIL))
        .when(~email.str.contains(PLAIN_EMAIL))
        .then(pl.lit(BAD_EMAIL))
    )


def count_problems(judged: pl.DataFrame) -> dict[str, int]:
    """How many records each `problem` keeps back."""
    counts = judged.drop_nulls("problem").group_by("problem").len().sort("problem")
    return dict(counts.iter_rows())


def _removed(present: pl.DataFrame, state: pl.DataFrame) -> pl.DataFrame:
    """Who the platform has and the profiles have not, or no longer with an address it could know.

    Never an address somebody else has now.
    """
    if "remote_key" not in state.columns:
        state = state.with_columns(remote_key=pl.lit(None, dtype=pl.String))
    accepted = state.drop_nulls("hash").select(pl.col("record_id", "remote_key").cast(pl.String))
    gone = accepted.join(present, on="record_id", how="anti")
    taken = present.select(remote_key="email").drop_nulls().unique()
    return gone.join(taken, on="remote_key", how="anti").sort("record_id")
