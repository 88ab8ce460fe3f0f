"""The short lists: the catalogue, the sales channels and the promotions. None of them is vital.

A role often lacks some of these, and accounts on the newer catalogue answer 500 to the classic
routes. So a list that cannot be had is a note.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from enrich.client import BadBody, GaveUp, HttpStatus, NotFound, PermissionMissing
from enrich.sources.source import Pulled, Whole
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.parse import VtexDocuments, parse_records
from enrich.sources.vtex.records.entity import Entity, Route, ShortList

_MISSABLE = (PermissionMissing, NotFound, BadBody, HttpStatus, GaveUp)


@dataclass(frozen=True)
class VtexList(VtexDocuments, Whole):
    """One short list of an account."""

    client: VtexClient
    wanted: ShortList

    @property
    def entity(self) -> Entity:
        return self.wanted.entity

    def read(self) -> Pulled:
        """One record a document; from the public list where the role may not read the other."""
        route = self.wanted.route
        pulled = self._fetch(route)
        if pulled.note is None or self.wanted.public_path is None:
            return pulled
        public = self._fetch(replace(route, path=self.wanted.public_path))
        return public if public.note is None else pulled

    def _fetch(self, route: Route) -> Pulled:
        try:
            answer = self.client.fetch_json(route, path=self.wanted.filled, tries=3)
        except _MISSABLE as error:
            return Pulled(note=str(error))
        documents = self.wanted.documents(answer)
        if not isinstance(documents, list):
            return Pulled(note=f"VTEX {route.name}: the answer is no list")
        return Pulled(tuple(parse_records(self.entity, documents)))
