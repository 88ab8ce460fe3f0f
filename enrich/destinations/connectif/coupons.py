"""Coupon codes into one of Connectif's coupon sets, as a CSV import of type coupons.

The set is made in Connectif; a code that is there cannot be changed or taken out. The path that
lists the sets is not documented, so looking the set up is a setting, unset by default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from enrich.client import NotFound
from enrich.destinations.base import MappedField
from enrich.destinations.connectif.imports import ConnectifImports
from enrich.destinations.kinds import COUPONS
from enrich.destinations.records import HttpRecords

MAX_PAGES = 100


class ConnectifCoupons(HttpRecords, ConnectifImports):
    """Coupon codes: one that is there cannot be changed or taken out."""

    name = COUPONS
    version = "connectif-coupons-1"
    written = ("coupon_set_id",)
    needs = ("coupon_set_id",)
    example = {"coupon_set_id": "set-1"}
    import_type = "coupons"
    import_above = 0  # a code cannot be written by a call of its own
    record_key = "record_id"
    idempotency_key = "code"
    takes_changes = False
    tells_end = False
    mapping = (MappedField("promo_code", "code", "text"),)

    @property
    def form(self) -> dict[str, str]:
        return {"couponSetId": str(self.settings.coupon_set_id)}

    def problems(self) -> list[str]:
        """Whether the set is there and takes many codes, where the path of the sets is known."""
        path = self.settings.coupon_sets_path
        if path is None:
            return super().problems()
        for one in self._sets(path):
            if one.get("id") == self.settings.coupon_set_id:
                is_single = one.get("type") == "single"
                return ["the coupon set has one code only (type single)"] if is_single else []
        return ["there is no coupon set with the id coupon_set_id"]

    def _sets(self, path: str) -> Iterator[Mapping[str, Any]]:
        """The coupon sets of all pages; a page names the whole address of the next one."""
        for _ in range(MAX_PAGES):
            try:
                page = self.fetch("GET", path, name="connectif GET coupon sets")
            except NotFound:
                return
            yield from page.get("results") or []
            following = (page.get("links") or {}).get("next")
            start = self.settings.base_url or self.host
            if not isinstance(following, str) or not following.startswith(start):
                return
            path = following.removeprefix(start)
