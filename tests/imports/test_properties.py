"""Whatever a file holds: every row is loaded, repeated or rejected, and nothing crashes."""

import csv
import io
import re
import tempfile
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from enrich.errors import BadSettings
from tests.examples import costly
from tests.imports.reads import ORDERS, column, orders_of

WIDTH = ORDERS.count(",") + 1
CELL = st.one_of(
    st.sampled_from(
        ["a", "b", "2024-01-01", "2024-01-01T10:00Z", "1", "-2.5", "1,5", "", '"', " "]
    ),
    st.text(st.characters(codec="utf-8"), max_size=8),
)
SOUP = st.lists(st.sampled_from([*'a1,;"\r\n\t |-.é\x00', "2024-01-01", ORDERS]), max_size=60)


@costly(60)
@given(rows=st.lists(st.lists(CELL, min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=8))
def test_every_row_of_a_well_formed_file_is_accounted_for(rows: list[list[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([*rows, ["sure", "c", "2024-01-01", "1.25"]])
    with tempfile.TemporaryDirectory() as folder:
        frames = orders_of(Path(folder), f"{ORDERS}\n{text.getvalue()}", decimal=".")
    counted = [note for note in frames.notes if re.search("word for word|further line", note)]
    repeated = sum(int(note.rsplit(" ", 1)[1]) for note in counted)
    accounted = len(column(frames, "line")) + len(frames.rejects) + repeated
    blank = sum(not "".join(row).strip(" \t\xa0\r\n,;|") for row in rows)
    assert accounted >= len(rows) + 1 - blank
    if not any("\n" in cell for row in rows for cell in row):
        assert accounted <= len(rows) + 1
    assert "sure" in column(frames, "order_id")


@costly(60)
@given(soup=SOUP)
def test_no_file_crashes_and_a_good_row_before_the_mess_is_kept(soup: list[str]) -> None:
    content = f"{ORDERS}\nfirst,c,2024-01-01,1\n{''.join(soup)}"
    with tempfile.TemporaryDirectory() as folder:
        frames = orders_of(Path(folder), content)
    lines = [*column(frames, "line"), *(reject.line for reject in frames.rejects)]
    assert 2 in lines
    assert len(lines) == len(set(lines))


@costly(60)
@given(content=st.binary(max_size=80), suffix=st.sampled_from(["csv", "ndjson", "parquet"]))
@example(content=b"\r\x00", suffix="csv")
def test_any_bytes_are_read_or_refused_in_one_line(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            orders_of(Path(folder), content, name=f"orders.{suffix}")
        except BadSettings as refused:
            assert str(refused).startswith(f"orders.{suffix}: ")
            assert "\n" not in str(refused)


@costly(50)
@given(
    amounts=st.lists(
        st.decimals(-(10**11), 10**11, places=4, allow_nan=False), min_size=1, max_size=20
    )
)
def test_amounts_are_exact(amounts: list[Decimal]) -> None:
    rows = "\n".join(f"{place},c,2024-01-01,{amount:f}" for place, amount in enumerate(amounts))
    with tempfile.TemporaryDirectory() as folder:
        frames = orders_of(Path(folder), f"{ORDERS}\n{rows}\n")
    expected = [int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP)) for amount in amounts]
    assert column(frames, "amount_cents") == expected
