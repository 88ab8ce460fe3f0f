"""The page as a file: whole, private, inert, in three languages, and for an empty shop."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from enrich.dashboard.file import frames_of, make_dashboard
from enrich.dashboard.page import embedded
from enrich.model import Rules
from enrich.profile import SEGMENTS
from enrich.sources.vtex.entities import ENTITIES
from enrich.sync.deletions import DELETIONS
from enrich.sync.orders import LONG_LIST
from enrich.warehouse import open_warehouse, read_warehouse
from tests.flows.screenshot import browser, elements
from tests.report.shop import NOW, SHOP, published

RULES = {"main": SHOP.rules}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("page"))
    with published(folder) as copy:
        return make_dashboard(copy, RULES, folder / "dashboard.html", NOW)


def block(page: Path, name: str) -> object:
    found = re.search(f'id="{name}">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_file_is_private_small_and_alone(page: Path) -> None:
    text = page.read_text()
    assert page.stat().st_mode & 0o777 == 0o600
    assert page.stat().st_size < 5_000_000
    assert [one.name for one in page.parent.iterdir() if one.name.endswith(".new")] == []
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text


def test_nobody_is_in_it(page: Path) -> None:
    text = page.read_text()
    assert "example.com" not in text
    assert "customer_key" not in text


def test_a_product_cannot_end_the_script(page: Path) -> None:
    assert "alert(1)</script>" not in page.read_text()
    assert json.loads(embedded("</script>")) == "</script>"


def test_the_page_holds_the_frames_as_they_are(page: Path) -> None:
    data = block(page, "data")
    assert isinstance(data, dict)
    (store,) = data["stores"]
    assert (store["name"], store["currency"], store["as_of"]) == ("main", "BRL", "2026-03-09")
    with read_warehouse(page.parent) as copy:
        frames = frames_of(copy, "main", date(2026, 3, 9))
    figures = store["tables"]["figures"]
    assert figures["columns"] == frames["figures"].columns
    assert figures["rows"] == [list(row) for row in frames["figures"].iter_rows()]
    assert set(store["tables"]) == set(frames)


def test_every_word_exists_in_every_language(page: Path) -> None:
    words = block(page, "words")
    assert isinstance(words, dict)
    assert set(words) == {"es", "pt", "en"}
    assert set(words["es"]) == set(words["pt"]) == set(words["en"])
    for key, text in words["en"].items():
        holes = sorted(re.findall(r"\{\w+\}", text))
        for language in ("es", "pt"):
            assert sorted(re.findall(r"\{\w+\}", words[language][key])) == holes, key
    asked = set(re.findall(r'word\("([^"]+)"', page.read_text()))
    assert asked <= set(words["en"])
    assert {f"entity_{one}" for one in (LONG_LIST, DELETIONS, *ENTITIES)} <= set(words["en"])


def test_a_shop_without_anything_has_a_page_too(tmp_path: Path) -> None:
    with open_warehouse(tmp_path, memory_limit="500MB") as warehouse:
        warehouse.publish()
    with read_warehouse(tmp_path) as copy:
        page = make_dashboard(copy, {"main": Rules()}, tmp_path / "dashboard.html", NOW)
    data = block(page, "data")
    assert isinstance(data, dict)
    assert data["stores"][0]["tables"]["segments"]["rows"] == []
    text = opened(page, "lang=en", tmp_path)
    assert "Nothing to draw" in text
    assert "No predictions: they are switched off" in text


@pytest.mark.parametrize(
    "view", ["lang=pt&period=90&filter=1", "lang=es&period=all&metric=average"]
)
def test_the_page_opens(page: Path, view: str, tmp_path: Path) -> None:
    text = opened(page, view, tmp_path)
    words = block(page, "words")
    assert isinstance(words, dict)
    for key in ("over_time", "channel", "product", "grid", "segments", "moves", "cohorts", "carts"):
        assert f"<h3>{words[view[5:7]][key]}</h3>" in text, key
    assert text.count("<svg") == 2  # the lines over time, the flows between segments
    assert "too_few_buyers" in text  # a hundred people: why there are no predictions
    assert not re.search(r"\bNaN\b|undefined|\[object", text)


def test_a_shops_own_names_of_segments_are_shown(page: Path, tmp_path: Path) -> None:
    renamed = tuple(
        replace(row, label={"pt": f"Meu nome {row.segment}"}, advice={"pt": f"Faça {row.segment}"})
        for row in SEGMENTS
    )
    with read_warehouse(page.parent) as copy:
        own = make_dashboard(copy, RULES, tmp_path / "own.html", NOW, renamed)
        held = frames_of(copy, "main", date(2026, 3, 9))["segments"]["segment"]
    text = opened(own, "lang=pt", tmp_path)
    for name in held.filter(held != "(other)"):
        assert f"Meu nome {name}" in text
        assert f"Faça {name}" in text


def opened(page: Path, view: str, folder: Path) -> str:
    """What a browser shows of the page, without the page's own scripts."""
    if browser() is None:
        pytest.skip("no chromium here: the page was not opened")
    text = elements(f"{page.resolve().as_uri()}#{view}", folder)
    return re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
