"""Members of audiences at a platform: who joined is put in, who left is taken out.

A platform has lists (`ListMembers`), tags of its own (`MemberRecords`), or neither: there it is an
attribute of the audience's name (`AttributeMembers`).
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Literal

from enrich.destinations.base import Addressee, MappedField, Record, Removable, Row
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.http import HttpSettings, is_possible
from enrich.destinations.kinds import AUDIENCES
from enrich.destinations.records import HttpRecords
from enrich.destinations.sending import GONE, same_outcome, send_halving
from enrich.errors import BadSettings, Stop
from enrich.model import Outcome, RecordResult

ERASING_REQUESTS = 20
TAKEN = (Outcome.ACCEPTED, Outcome.QUEUED)


class NoSuchList(Stop):
    """There is no list of a name, or there are several."""


class MemberRecords(HttpRecords):
    """Comes before the platform in the bases; `change` puts people in and takes them out.

    A payload has list, email, is_member, and the addresses the member was there under `former`ly.
    """

    name = AUDIENCES
    idempotency_key = "email"
    removals: Removable = ()
    fields_created_first = False
    mapping: ClassVar[tuple[MappedField, ...]] = (
        MappedField("audience_name", "list", "text"),
        MappedField("email", "email", "text"),
        MappedField("is_member", "is_member", "boolean"),
    )

    @abstractmethod
    def change(self, records: Sequence[Record]) -> list[RecordResult]:
        """One outcome for each who is put in, or taken out when `is_member` is false."""

    def withdraw(self, records: Sequence[Record]) -> list[RecordResult]:
        """As `change` for who leaves, where it must not begin a contact that is not there."""
        return self.change(records)

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        former = [self.identity(one) for one in row.get("former") or () if self.knows(one)]
        return {**values, "email": row["email"], "former": former}

    def knows(self, address: str) -> bool:
        """Whether people are known there by an address of this kind."""
        return "@" in address

    def identity(self, address: str) -> Mapping[str, Any]:
        """The part of a payload that says who, of an address alone."""
        return {"email": address}

    def new_memo(self, row: Row, memo: Mapping[str, Any]) -> Mapping[str, Any]:
        """Whom to take out, once the customer has no row or another address."""
        return {"email": row["email"], "former": list(row.get("former") or ())}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        """Former addresses first; whose stays in keeps the record for the next run."""
        former = [_left(one, who) for one in records for who in one.payload["former"]]
        done = self.withdraw(former) if former else []
        still_in = {one.record_id: one for one in done if one.outcome not in TAKEN}
        rest = [one for one in records if one.record_id not in still_in]
        return [*still_in.values(), *(self.change(rest) if rest else ())]

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        """Out of the list under each address; the key is what `new_memo` kept, with the list."""
        return [self._erase(one) for one in records]

    def _erase(self, one: Addressee) -> RecordResult:
        kept = json.loads(one.remote_key)
        record = Record(one.record_id, "", {**kept, "former": []})
        addresses = [kept["email"], kept.get("phone"), *kept.get("former", ())]
        known = [self.identity(address) for address in addresses if address and self.knows(address)]
        try:
            leaving = [_left(record, who) for who in known]
            done = send_halving(leaving, self.withdraw, ERASING_REQUESTS)
        except NoSuchList as fault:
            message = f"{fault}; take the person out by hand"
            return RecordResult(one.record_id, Outcome.INVALID, "by_hand", message)
        gone = RecordResult(one.record_id, Outcome.ACCEPTED, GONE)
        worst = next((part for part in done if part.outcome not in TAKEN), (*done, gone)[0])
        is_unknown = worst.outcome is Outcome.UNKNOWN  # it may be done once more
        return replace(worst, outcome=Outcome.RETRYABLE) if is_unknown else worst

    def problems(self) -> list[str]:
        return []


def _left(record: Record, who: Mapping[str, Any]) -> Record:
    return replace(record, payload={**record.payload, **who, "is_member": False})


def grouped(records: Sequence[Record]) -> Mapping[tuple[str, bool], list[Record]]:
    """The records by list and direction."""
    groups: dict[tuple[str, bool], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.payload["list"], record.payload["is_member"]].append(record)
    return groups


def absent(records: Sequence[Record]) -> list[RecordResult]:
    """No such contact: nothing to take out; to put in, the profile may be on its way still."""
    return [
        RecordResult(one.record_id, Outcome.RETRYABLE, "no_contact")
        if one.payload["is_member"]
        else RecordResult(one.record_id, Outcome.ACCEPTED, GONE)
        for one in records
    ]


class AttributeMembers(MemberRecords):
    """An attribute of the contact by the audience's name; comes before the platform's profiles."""

    def adapt(self) -> None:
        super().adapt()
        if wrong := [one.name for one in self.audiences if not self.can_be_named(one.name)]:
            raise BadSettings(
                f"{self.platform}: no audience can be called {', '.join(wrong)} there"
            )

    def can_be_named(self, name: str) -> bool:
        """Whether it is no field's name there; a platform's own, a key, or one of the profiles."""
        bases = (one for one in type(self).__mro__ if issubclass(one, DestinationEntity))
        profiles = next(one for one in bases if "kind" in vars(one))
        taken = {field.target for field in profiles.mapping}
        settings: type[HttpSettings] = type(self.settings)
        return is_possible(settings, name) and name not in {*taken, *self.settings.names.values()}

    @abstractmethod
    def write(self, records: Sequence[Record]) -> list[RecordResult]:
        """Save contacts as the profiles do."""

    @abstractmethod
    def contact(self, email: str, name: str, *, is_member: bool) -> Mapping[str, Any]:
        """The contact with the attribute alone, as the profiles shape it."""

    def change(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.write([self._contact_of(record) for record in records])

    def _contact_of(self, record: Record) -> Record:
        email, name = str(record.payload["email"]), str(record.payload["list"])
        contact = self.contact(email, name, is_member=bool(record.payload["is_member"]))
        return replace(record, payload=contact)


class ListMembers(MemberRecords):
    """A list is known by its name and has to be there."""

    @abstractmethod
    def find_lists(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the lists of each name."""

    @abstractmethod
    def add(self, list_id: str, records: Sequence[Record]) -> list[RecordResult]:
        """The people are in the list afterwards."""

    @abstractmethod
    def take_out(self, list_id: str, records: Sequence[Record]) -> list[RecordResult]:
        """The people are no longer in the list."""

    def change(self, records: Sequence[Record]) -> list[RecordResult]:
        """A list and a direction at a time; every list must be there, once, before one is changed.

        Only where no audience goes to a list any more and there is none, nobody is in it.
        """
        groups = grouped(records)
        named = {one.name for one in self.audiences}
        needed = [
            name
            for name, is_member in groups
            if is_member or name in named or len(self._found(name)) > 1
        ]
        if problems := self.problems_of(dict.fromkeys(needed)):
            raise NoSuchList(f"{self.platform}: {problems[0]}")
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


class ListMembersById(ListMembers):
    """The same where people are known by ids, which are asked for first."""

    @abstractmethod
    def ids_of(self, emails: Sequence[str]) -> Mapping[str, str]:
        """Address -> id of those who are there."""

    @abstractmethod
    def change_list(
        self, verb: Literal["add", "remove"], list_id: str, ids: Sequence[str]
    ) -> frozenset[str]:
        """The ids that could not be put in, or taken out."""

    def add(self, list_id: str, records: Sequence[Record]) -> list[RecordResult]:
        return self._by_id("add", list_id, records)

    def take_out(self, list_id: str, records: Sequence[Record]) -> list[RecordResult]:
        return self._by_id("remove", list_id, records)

    def _by_id(
        self, verb: Literal["add", "remove"], list_id: str, records: Sequence[Record]
    ) -> list[RecordResult]:
        ids = self.ids_of([str(one.payload["email"]) for one in records])
        there = [one for one in records if one.payload["email"] in ids]
        known = [ids[one.payload["email"]] for one in there]
        failed = self.change_list(verb, list_id, known) if there else ()
        return [
            *absent([one for one in records if one.payload["email"] not in ids]),
            *(
                RecordResult(one.record_id, Outcome.REJECTED, "not_changed")
                if member_id in failed
                else RecordResult(one.record_id, Outcome.ACCEPTED)
                for one, member_id in zip(there, known, strict=True)
            ),
        ]
