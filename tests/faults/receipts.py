"""What the platform received twice: because nobody could know better, or without need.

A push that dies between sending and writing down leaves records of which the ledger says that
nobody knows. They may come once more, but only those that really arrived with that push: the
ledger's word is matched with what the platform got while the process lived.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Batch = Sequence[Mapping[str, Any]]


@dataclass
class Receipts:
    """`excused` are the records that may come once more as they are."""

    excused: set[str] = field(default_factory=set)
    last: dict[str, str] = field(default_factory=dict)
    known: dict[str, Batch] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)
    in_flight_count: int = 0
    sent_twice_count: int = 0
    needless_count: int = 0

    def take(
        self,
        batches: Mapping[str, Batch],
        repeats: Mapping[str, int],
        unanswered: Collection[str],
    ) -> None:
        """Count what one process sent.

        `batches` by their idempotency key are all that the platform has, oldest first; `repeats`
        says how often a key came again; `unanswered` are the records of which the ledger knows no
        outcome when the process has ended.
        """
        self._come_again(repeats)
        fresh = [batch for key, batch in batches.items() if key not in self.known]
        records = [record for batch in fresh for record in batch]
        for record in records:
            self._receive(record)
        arrived = {str(record["id"]) for record in records}.intersection(unanswered)
        self.in_flight_count += len(arrived)
        self.excused = self.excused.intersection(unanswered) | arrived
        self.known, self.repeats = dict(batches), dict(repeats)

    def _come_again(self, repeats: Mapping[str, int]) -> None:
        """Batches of an earlier process under the same key; within a process it is a retry."""
        for key, count in repeats.items():
            if count > self.repeats.get(key, 0) and key in self.known:
                for record in self.known[key]:
                    self._judge(str(record["id"]))

    def _receive(self, record: Mapping[str, Any]) -> None:
        record_id, content = str(record["id"]), json.dumps(record, sort_keys=True)
        if self.last.get(record_id) == content:
            self._judge(record_id)
        self.excused.discard(record_id)
        self.last[record_id] = content

    def _judge(self, record_id: str) -> None:
        if record_id in self.excused:
            self.sent_twice_count += 1
        else:
            self.needless_count += 1
