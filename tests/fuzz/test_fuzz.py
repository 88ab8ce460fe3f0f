"""Whatever a document holds, it ends as a good record or is rejected with a reason.

The long form: python -m tests.fuzz --documents 100000
"""

from __future__ import annotations

import pytest

from tests.fuzz.reading import Wrong, moment, whole
from tests.fuzz.run import JUDGES, fuzz


@pytest.mark.parametrize("name", JUDGES)
def test_no_document_crashes_or_changes_in_silence(name: str) -> None:
    found = fuzz(name, 120 if name == "orders" else 60, 1)
    assert found.complaints == []
    assert found.counts.good > 10
    assert found.counts.rejected > 10
    assert found.counts.reasons


def test_the_slow_reader_knows_good_from_bad() -> None:
    assert whole(7453.5, "") == 7454
    assert whole("-7", "") == -7
    assert str(moment("2026-03-02T23:59:59.9999999-03:00", "")) == "2026-03-03 02:59:59.999999"
    for read, value in (
        (whole, True),
        (whole, "x"),
        (moment, "2026-02-29"),
        (moment, "1999-01-01"),
    ):
        with pytest.raises(Wrong):
            read(value, "")
