from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from enrich.model import RawRecord

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
RUN = {"run_id": "run 1", "now": NOW}


@pytest.fixture
def order() -> Callable[..., RawRecord]:
    """An order document with one line; keyword arguments replace top-level fields."""

    def make(order_id: str, changed_at: datetime | None = None, **fields: object) -> RawRecord:
        document = {
            "orderId": order_id,
            "status": "invoiced",
            "isCompleted": True,
            "value": 1000,
            "creationDate": "2026-03-02T14:05:09.1234567+00:00",
            "authorizedDate": "2026-03-02T14:07:41.0000000+00:00",
            "items": [{"id": "301", "name": "Cup", "quantity": 1, "sellingPrice": 1000}],
            **fields,
        }
        return RawRecord(order_id, json.dumps(document), changed_at)

    return make
