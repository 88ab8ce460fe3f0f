"""Several stores in one settings file: each its own numbers, its own faults, its own platforms."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Said, copied, enrich

SETTINGS = """
[stores.home]
time_zone = "America/Sao_Paulo"
currency = "BRL"
[stores.away]
time_zone = "Europe/London"
currency = "GBP"
[destinations.both]
kind = "file"
folder = "both"
[destinations.away_only]
kind = "file"
folder = "away_only"
stores = ["away"]
"""
ORDERS = """order_id,customer_id,ordered_at,amount,currency
1,c1,2026-03-01,{amount},
2,c2,2026-03-05,20.50,
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stores with orders."""
    folder = tmp_path_factory.mktemp("stores")
    path = folder / "enrich.toml"
    path.write_text(SETTINGS)
    for store, amount in (("home", "10.00"), ("away", "99.00")):
        orders = folder / f"{store}.csv"
        orders.write_text(ORDERS.format(amount=amount))
        said = enrich("import", "--orders", orders, "--store", store, "--config", path)
        assert said.code == 0, said.err
    return folder


@pytest.fixture(scope="module")
def computed(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two stores with their profiles."""
    folder = copied(made, tmp_path_factory.mktemp("computed"))
    assert enrich("profiles", "--config", folder / "enrich.toml").code == 0
    return folder


@pytest.fixture
def config(computed: Path, tmp_path: Path) -> Path:
    return copied(computed, tmp_path) / "enrich.toml"


def rows(said: Said) -> list[str]:
    assert said.code == 0, said.err
    return said.out.splitlines()[1:]


def test_the_same_ids_in_two_stores_are_two_customers(config: Path) -> None:
    sql = "select store, customer_id, amount_lifetime from profiles order by all"
    said = enrich("query", "--csv", sql, "--config", config)
    assert rows(said) == ["away,c1,99.00", "away,c2,20.50", "home,c1,10.00", "home,c2,20.50"]


def test_what_is_about_one_store_asks_which(config: Path) -> None:
    for arguments in (["import", "--orders", "x.csv"], ["profiles", "--output", "x.csv"]):
        said = enrich(*arguments, "--config", config)
        assert said.code == 2
        assert "--store, one of home, away" in said.err


def test_each_platform_receives_its_own_stores(config: Path, tmp_path: Path) -> None:
    assert enrich("push", "--config", config).code == 0
    sent = {
        folder: sorted(
            path.name.split("-")[0] for path in (tmp_path / "data" / folder).glob("*.parquet")
        )
        for folder in ("both", "away_only")
    }
    assert sent == {"both": ["away", "home"], "away_only": ["away"]}


def test_a_platform_that_does_not_serve_the_store_is_said(config: Path) -> None:
    said = enrich("push", "--destination", "away_only", "--store", "home", "--config", config)
    assert (said.code, said.out.count("nothing is pushed")) == (0, 1)


def test_one_store_can_be_computed_alone(made: Path, tmp_path: Path) -> None:
    config = copied(made, tmp_path) / "enrich.toml"
    assert enrich("profiles", "--store", "away", "--config", config).code == 0
    said = enrich("query", "--csv", "select distinct store from profiles", "--config", config)
    assert rows(said) == ["away"]


def test_a_platforms_wrong_settings_stop_a_run_before_it_begins(config: Path) -> None:
    config.write_text(config.read_text().replace('folder = "both"', 'folders = "both"'))
    said = enrich("run", "--config", config)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert "folders" in said.err
    assert "profiles as of" not in said.out
