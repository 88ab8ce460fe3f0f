"""Consent both ways: collect statements, decide which win, write to VTEX and the platforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from enrich.consent.exports import ConsentSource
from enrich.consent.reading import Gathering
from enrich.consent.rules import ConsentRules, Decisions, Facts, decide
from enrich.consent.summary import ConsentSummary
from enrich.consent.writing import Writing
from enrich.destinations.kinds import CONSENTS
from enrich.errors import EnrichError
from enrich.push.destination import Destination, push_entity
from enrich.push.summary import PushSummary
from enrich.runs.record import Run, recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.settings import Consent
from enrich.shop import Shop
from enrich.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Mode:
    """How a run goes: `dry_run` writes to nobody; `confirmed`: a person looked."""

    dry_run: bool = False
    confirmed: bool = False


def run_consent(
    warehouse: Warehouse,
    shop: Shop,
    allowed: Consent,
    sources: Sequence[ConsentSource],
    destinations: Sequence[Destination],
    *,
    now: datetime,
    mode: Mode = Mode(),
    files: Sequence[Path] = (),
    report: Reporter = SILENT,
) -> ConsentSummary:
    """What one run about the consents of a store did; faults stand in the summary.

    A dry run takes in what others say, since that changes nothing anywhere else, and tells nobody.
    Raises Refused when VTEX refuses the credentials.
    """
    summary = ConsentSummary(shop.name, mode.dry_run)
    with recorded(warehouse, "consent", shop.name, now) as run:
        run.note({"dry_run": mode.dry_run, "partial": bool(files)})
        gathering = Gathering(
            warehouse,
            shop,
            run.run_id,
            now,
            summary,
            allowed.looks_per_run,
            allowed.export_wait_minutes * 60,
        )
        gathering.gather([one for one in sources if shop.name in one.stores], files)
        parties = [one for one in destinations if shop.name in one.stores and takes_consents(one)]
        decisions = decided(warehouse, shop, allowed, parties, run, summary, now)
        try:
            _tell_vtex(Writing(
                warehouse, shop, run.run_id, now, summary, report, allowed.max_writes_a_day
            ), decisions, allowed, mode)  # fmt: skip
        except EnrichError as fault:
            summary.faults.append(fault)
        summary.pushes = _push_consents(warehouse, parties, shop, mode, now, report)
        run.note(summary.as_json())
        if summary.fault is not None:
            run.fail(summary.fault)
    return summary


def takes_consents(destination: Destination) -> bool:
    """Whether the settings switch consents on for this destination."""
    return any(entity.name == CONSENTS for entity in destination.entities)


def decided(
    warehouse: Warehouse,
    shop: Shop,
    allowed: Consent,
    parties: Sequence[Destination],
    run: Run,
    summary: ConsentSummary,
    now: datetime,
) -> Decisions:
    """Decide which statements win and who receives them; store both, add counts to `summary`."""
    consents = warehouse.consents(shop.name)
    names = tuple(destination.name for destination in parties)
    decisions = decide(
        Facts(**consents.facts(names), parties=names), ConsentRules(allowed.undated_no)
    )
    consents.keep_decided(decisions.known_state, decisions.desired_consents, now=now)
    consents.drop_addresses(is_wanted=allowed.create_unknown)
    summary.statements.update(consents.new_statements(run.run_id))
    summary.echo_count = decisions.echo_count
    summary.people_count = decisions.state.height
    summary.unsettled_count = decisions.unsettled.height
    return decisions


def _tell_vtex(writing: Writing, decisions: Decisions, allowed: Consent, mode: Mode) -> None:
    creates = allowed.create_unknown
    if mode.dry_run or not allowed.write_to_vtex or writing.shop.newsletter is None:
        writing.planned(decisions, creates_unknown=creates)
        return
    writing.write(decisions, creates_unknown=creates, confirmed=mode.confirmed)


def _push_consents(
    warehouse: Warehouse,
    parties: Sequence[Destination],
    shop: Shop,
    mode: Mode,
    now: datetime,
    report: Reporter,
) -> list[PushSummary]:
    """What became of the consents at each platform; one platform's fault stays its own."""
    return [
        push_entity(
            warehouse,
            destination,
            shop.name,
            now=now,
            entity=CONSENTS,
            dry_run=mode.dry_run,
            confirmed=mode.confirmed,
            report=report,
        )
        for destination in parties
    ]
