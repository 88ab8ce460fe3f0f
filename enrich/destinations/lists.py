"""Members of audiences at a platform that has lists: who joined is added, who left is taken out."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from enrich.destinations.base import MappedField, Record, Row
from enrich.destinations.kinds import AUDIENCES
from enrich.destinations.records import HttpRecords
from enrich.destinations.sending import GONE, same_outcome
from enrich.errors import Stop
from enrich.model import Outcome, RecordResult


class ListMembers(HttpRecords):
    """Comes before the platform in the bases; a list is known by its name and has to be there."""

    name = AUDIENCES
    idempotency_key = "email"
    mapping = (
        MappedField("audience_name", "list", "text"),
        MappedField("email", "email", "text"),
        MappedField("is_member", "is_member", "boolean"),
    )

    @abstractmethod
    def find_lists(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the lists of each name."""

    @abstractmethod
    def add(self, list_id: str, records: Sequence[Record]) -> list[RecordResult]:
        """The people are in the list afterwards."""

    @abstractmethod
    def take_out(self, list_id: str, records: Sequence[Record]) -> list[RecordResult]:
        """The people are no longer in the list."""

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {**values, "email": row["email"]}

    def new_memo(self, row: Row, memo: Mapping[str, Any]) -> Mapping[str, Any]:
        """Whom to take out, once the customer has no row and so no address any more."""
        return {"email": row["email"]}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        """A list and a direction at a time; every list must be there, once, before one is changed.

        Only where no audience goes to a list any more and there is none, nobody is in it.
        """
        groups: dict[tuple[str, bool], list[Record]] = defaultdict(list)
        for record in records:
            groups[record.payload["list"], record.payload["is_member"]].append(record)
        named = {one.name for one in self.audiences}
        needed = [
            name
            for name, is_member in groups
            if is_member or name in named or len(self._found(name)) > 1
        ]
        if problems := self.problems_of(dict.fromkeys(needed)):
            raise Stop(f"{self.platform}: {problems[0]}")
        return [
            result
            for (name, is_member), some in groups.items()
            for result in self._change(self._list_id(name), some, is_member=is_member)
        ]

    def _change(
        self, list_id: str | None, records: Sequence[Record], *, is_member: bool
    ) -> list[RecordResult]:
        if list_id is None:
            return same_outcome(records, Outcome.ACCEPTED, GONE)
        return self.add(list_id, records) if is_member else self.take_out(list_id, records)

    @cached_property
    def _lists(self) -> dict[str, Sequence[str]]:
        return {}

    def _found(self, name: str) -> Sequence[str]:
        """The ids of the lists of this name; asked for once."""
        if name not in self._lists:
            self._lists.update({name: (), **self.find_lists([name])})
        return self._lists[name]

    def _list_id(self, name: str) -> str | None:
        found = self._found(name)
        return found[0] if len(found) == 1 else None

    def problems_of(self, names: Iterable[str]) -> list[str]:
        """The names that no list has, or several have."""
        return [
            f"there are {len(self._lists[name])} lists called {name!r}: make or keep exactly one"
            for name in names
            if self._list_id(name) is None
        ]

    def problems(self) -> list[str]:
        """Asks for the lists; nothing is written."""
        return self.problems_of([one.name for one in self.audiences])
