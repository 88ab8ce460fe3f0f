"""Text in a spreadsheet: never a formula, whatever separates the cells; numbers stay numbers."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.errors import BadSettings
from enrich.spreadsheet import CSV_READERS, csv_options, for_people, harmless, harmless_text

SKIPPED = ' \t\r\n"\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}'
SIGNS = "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}"
TEXTS = st.text(st.sampled_from(f"a1;,|:'.\x1b\x85\u2028{SKIPPED}{SIGNS}"), max_size=12)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("Ana;=cmd|' /C calc'!A0", "Ana;'=cmd|' /C calc'!A0"),
        ("Ana\n=1", "Ana\n'=1"),
        ("Ana\r=1", "Ana\n'=1"),
        ("\t=1", "\t'=1"),
        (" \ufeff=1", " \ufeff'=1"),
        ("\N{FULLWIDTH EQUALS SIGN}1", "'\N{FULLWIDTH EQUALS SIGN}1"),
        ("-x", "'-x"),
        ("-2.5", "-2.5"),
        ("+5511900000000", "+5511900000000"),
        ("-1;-2", "'-1;'-2"),
        ("a=b", "a=b"),
        ("Camisa - azul", "Camisa - azul"),
        ("a\x1b[31mb", "a\ufffd[31mb"),
        ('[{"sku":"a","note":"x,-y"}]', '[{"sku":"a","note":"x,\'-y"}]'),
    ],
)
def test_a_text_that_would_run_gets_a_quote(text: str, cell: str) -> None:
    assert harmless_text(text) == cell
    assert pl.select(harmless(pl.lit(text))).item() == cell


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3))
def test_no_cell_of_any_separator_begins_with_a_sign(rows: list[tuple[str, str]]) -> None:
    frame = pl.DataFrame(rows, schema=["a=1;=2", "b"], orient="row")
    text = for_people(frame).write_csv()
    for separator in ",;|\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            for number, cell in enumerate(row):
                start = cell.strip(SKIPPED)[:1]
                is_number = number == 1 and cell[1:].replace(" ", "").replace(".", "").isdigit()
                assert start not in SIGNS or start == "" or (separator == "," and is_number)


@settings(deadline=None)
@given(TEXTS)
def test_frames_and_single_texts_are_treated_alike(text: str) -> None:
    once = pl.select(harmless(pl.lit(text))).item()
    assert once == harmless_text(text) == harmless_text(once)


def test_a_line_that_begins_with_a_sign_is_no_formula_with_the_texts_after_it() -> None:
    frame = pl.DataFrame({"phone": ["+5511"], "name": ["1+cmd|' /C calc'!A0"]})
    assert for_people(frame).write_csv().splitlines()[1].startswith("'+5511,")
    frame = pl.DataFrame({"amount": [-5], "name": ["1+cmd|' /C calc'!A0"]})
    assert for_people(frame).write_csv().splitlines()[1] == "-5,'1+cmd|' /C calc'!A0"


def test_each_reader_gets_its_separator_and_its_decimal_sign() -> None:
    frame = pl.DataFrame({"amount": [Decimal("-1234.50")], "share": [0.25], "name": ["Ana; Zé"]})
    lines = {
        reader: for_people(frame).write_csv(**csv_options(reader)).splitlines()[1]
        for reader in (None, *CSV_READERS)
    }
    dots, commas = "-1234.50,0.25,Ana; Zé", '-1234,50;0,25;"Ana; Zé"'
    assert lines == {
        None: dots,
        "excel-br": commas,
        "excel-ar": commas,
        "excel-mx": dots,
        "excel-us": dots,
    }
    assert for_people(frame).write_csv(**csv_options("excel-us")).startswith("\ufeff")
    with pytest.raises(BadSettings, match="excel-br"):
        csv_options("excel")
