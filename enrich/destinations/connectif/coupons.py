"""Coupon codes into one of Connectif's coupon sets, as a CSV import of type coupons.

The set is made in Connectif; a code that is there cannot be changed or taken out. The path that
lists the sets is not documented, so looking the set up is a setting, unset by default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enrich.client import NotFound
from enrich.destinations.base import Capabilities, MappedField, Record, Row
from enrich.destinations.connectif.account import RATE_LIMIT, check_reach, headers, host
from enrich.destinations.connectif.imports import poll, requests_for_imports, start_import
from enrich.destinations.records import RecordWire
from enrich.destinations.remote import Remote
from enrich.destinations.sending import Answer, answer_of

MOST_PAGES = 100

CAPABILITIES = Capabilities(
    entities=("coupons",),
    modes=("upsert",),
    record_key="record_id",
    transport="job",
    result_fidelity="counts_only",
    null_meaning="unknown",
    max_records=20_000,
    max_bytes=45_000_000,
    rate_limit=RATE_LIMIT,
    idempotency_key="code",
    max_open_jobs=10,
    takes_changes=False,
    tells_end=False,
)

MAPPING = (MappedField("promo_code", "code", "text"),)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> dict[str, Any]:
    return values


def _save(remote: Remote, records: Sequence[Record]) -> Answer:
    return start_import(
        remote, "coupons", records, {"couponSetId": str(remote.settings.coupon_set_id)}
    )


def _check(remote: Remote) -> list[str]:
    """Whether the set is there and takes many codes, where the path of the sets is known."""
    path = remote.settings.coupon_sets_path
    if path is None:
        return check_reach(remote)
    for one in _sets(remote, path):
        if one.get("id") == remote.settings.coupon_set_id:
            is_single = one.get("type") == "single"
            return ["the coupon set has one code only (type single)"] if is_single else []
    return ["there is no coupon set with the id coupon_set_id"]


def _sets(remote: Remote, path: str) -> Iterator[Mapping[str, Any]]:
    """The coupon sets of all pages; a page names the whole address of the next one."""
    for _ in range(MOST_PAGES):
        try:
            page = answer_of(remote.ask("GET", path, name="connectif GET coupon sets"))
        except NotFound:
            return
        yield from page.get("results") or []
        following = (page.get("links") or {}).get("next")
        start = remote.settings.base_url or host(remote.settings)
        if not isinstance(following, str) or not following.startswith(start):
            return
        path = following.removeprefix(start)


WIRE = RecordWire(
    version="connectif-coupons-1",
    host=host,
    headers=headers,
    shape=_shape,
    save=_save,
    check=_check,
    refuses=lambda remote, row: None,
    formats=lambda settings: {},
    poll=lambda remote, job_id, records: poll(remote, job_id, records, None),
    requests_for=lambda remote, count, size: requests_for_imports(CAPABILITIES, count, size),
    written=("coupon_set_id",),
)
