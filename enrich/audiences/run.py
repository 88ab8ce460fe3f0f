"""The audiences of one store: gather whom each rule fits, decide, keep the members of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import polars as pl

from enrich.audiences.audience import CHANNELS, Audience
from enrich.audiences.deciding import OUTCOMES, counts, decide, new_assignments
from enrich.audiences.measuring import MeasuredLift, running_lifts
from enrich.errors import BadSettings, EnrichError
from enrich.runs.record import recorded
from enrich.warehouse import Audiences, ReadCopy, Warehouse

MEMBER = "member"
Schema = Mapping[str, pl.DataType | type[pl.DataType]]
CHANGES = {"change": pl.String, "because": pl.String, "people": pl.Int64}
DECIDED: Schema = {"audience": pl.String, "customer_key": pl.Int64, "outcome": pl.String}
COUNTED: Schema = {
    "audience": pl.String,
    "outcome": pl.String,
    "people": pl.Int64,
    "amount": pl.Decimal(18, 2),
}
ASSIGNED: Schema = {"audience": pl.String, "customer_key": pl.Int64, "arm": pl.String}
NOBODY = pl.DataFrame(
    schema={
        "customer_key": pl.Int64,
        "amount": pl.Decimal(18, 2),
        "outcome": pl.String,
        **dict.fromkeys(CHANNELS, pl.Boolean),
    }
)


@dataclass(frozen=True, slots=True)
class Look:
    """One audience of a store on a day, before anything is written.

    `people`: whom the rule fits, with outcome, arm and what they agreed to by channel; nobody where
    `missing_fields` or the `fault` keep it from being computed. `changes` (change, because, people)
    are those since the day kept before.
    """

    audience: Audience
    as_of: date
    people: pl.DataFrame = field(default_factory=NOBODY.clone, repr=False)
    named_fields: tuple[str, ...] = ()
    changes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CHANGES))
    missing_fields: tuple[str, ...] = ()
    fault: EnrichError | None = None

    @property
    def is_computed(self) -> bool:
        return not self.missing_fields and self.fault is None

    @property
    def counts(self) -> dict[str, tuple[int, float]]:
        """outcome -> people, their lifetime amount; only those that there are."""
        rows = counts(self.people).iter_rows()
        return {outcome: (people, float(amount or 0)) for outcome, people, amount in rows}

    @property
    def members(self) -> pl.Series:
        """The keys of the members in their order."""
        return self.people.filter(outcome=MEMBER)["customer_key"]

    def moved(self, change: str) -> int:
        """How many joined, or left."""
        return int(self.changes.filter(change=change)["people"].sum())


@dataclass(frozen=True, slots=True)
class AudiencesReport:
    """What one run about the audiences of a store found; `fault` is the first of any audience.

    `lifts` are those of the running experiments that have begun.
    """

    store: str
    as_of: date
    looks: tuple[Look, ...]
    lifts: tuple[MeasuredLift, ...] = ()

    @property
    def fault(self) -> EnrichError | None:
        return next((look.fault for look in self.looks if look.fault is not None), None)


def keep_audiences(
    warehouse: Warehouse, store: str, audiences: Sequence[Audience], time_zone: str, now: datetime
) -> AudiencesReport:
    """The members of the newest profiles' day, kept with who joined and left, and new arms.

    An audience whose rule is wrong stays as it was, its fault is in the report; one that is no
    longer in the settings ends.
    """
    as_of = newest_day(warehouse, store)
    held = warehouse.audiences
    with recorded(warehouse, "audiences", store, now) as run:
        salt = f"{held.salt()}:{store}"
        columns = held.look_at(store, as_of, time_zone)
        looks = [_look_at(held, store, one, as_of, columns, salt) for one in audiences]
        done = [look for look in looks if look.is_computed]
        held.keep(
            store,
            as_of,
            _joined([(one, one.people.select("customer_key", "outcome")) for one in done], DECIDED),
            _joined([(one, counts(one.people)) for one in done], COUNTED),
            _joined([(one, _fresh(held, store, one)) for one in done], ASSIGNED),
            computed=[one.audience.name for one in done],
            known=[one.name for one in audiences],
            run_id=run.run_id,
        )
        report = AudiencesReport(
            store,
            as_of,
            tuple(_with_changes(held, store, look) for look in looks),
            running_lifts(held, store, as_of),
        )
        run.note({"as_of": as_of.isoformat(), **summary_of(report)})
        if report.fault is not None:
            run.fail(report.fault)
    return report


def newest_day(source: Warehouse | ReadCopy, store: str) -> date:
    """The day of the newest profiles; raises BadSettings before the first."""
    day = source.profiles.newest_day(store)
    if day is None:
        raise BadSettings(f"{store} has no profiles yet: `enrich profiles`")
    return day


def looks_at(
    held: Audiences,
    store: str,
    audiences: Sequence[Audience],
    as_of: date,
    time_zone: str,
) -> list[Look]:
    """Each audience as it is by the newest profiles; nobody gets an arm."""
    columns = held.look_at(store, as_of, time_zone)
    looks = (_look_at(held, store, one, as_of, columns, None) for one in audiences)
    return [_with_changes(held, store, look) for look in looks]


def _look_at(
    held: Audiences,
    store: str,
    audience: Audience,
    as_of: date,
    columns: Sequence[str],
    salt: str | None,
) -> Look:
    name, rule, order_by = audience.name, audience.rule, audience.order_by
    try:
        fields = held.named_fields(name, rule, order_by)
        if missing := [one for one in fields if one not in columns]:
            fault = None if audience.is_shipped else _no_field(audience, missing)
            return Look(audience, as_of, missing_fields=tuple(missing), fault=fault)
        people = held.people(name, rule, order_by, audience.channel)
    except BadSettings as fault:
        return Look(audience, as_of, fault=fault)
    assigned = held.assigned(store, audience.name)
    return Look(audience, as_of, decide(people, assigned, audience, salt), tuple(fields))


def _no_field(audience: Audience, missing: Sequence[str]) -> BadSettings:
    return BadSettings(
        f"audience {audience.name}: there is no field {', '.join(missing)};"
        " `enrich fields` lists what there is"
    )


def _with_changes(held: Audiences, store: str, look: Look) -> Look:
    """Since the day kept before the newest one; of the first day everybody is new."""
    name = look.audience.name
    days = held.kept_days(store, name) or [look.as_of]
    before = days[1] if len(days) > 1 else days[0] - timedelta(days=1)
    return replace(look, changes=held.changes(store, name, before, days[0]))


def _fresh(held: Audiences, store: str, look: Look) -> pl.DataFrame:
    if look.audience.hold_out == 0:
        return pl.DataFrame(schema=ASSIGNED).drop("audience")
    return new_assignments(look.people, held.assigned(store, look.audience.name))


def _joined(parts: Sequence[tuple[Look, pl.DataFrame]], schema: Schema) -> pl.DataFrame:
    """The parts below one another, each with the name of its audience."""
    named = [part.with_columns(audience=pl.lit(look.audience.name)) for look, part in parts]
    empty = pl.DataFrame(schema=schema)
    return pl.concat(
        [
            empty,
            *(
                part.select(pl.col(name).cast(kind) for name, kind in schema.items())
                for part in named
            ),
        ]
    )


def summary_of(report: AudiencesReport) -> dict[str, object]:
    """The part of a report that the run's row keeps: counts."""
    return {
        "audiences": {
            look.audience.name: {
                **{outcome: look.counts.get(outcome, (0, 0.0))[0] for outcome in OUTCOMES},
                "joined": look.moved("joined"),
                "left": look.moved("left"),
            }
            for look in report.looks
            if look.is_computed
        },
        "missing_fields": {
            look.audience.name: list(look.missing_fields)
            for look in report.looks
            if look.missing_fields
        },
    }
