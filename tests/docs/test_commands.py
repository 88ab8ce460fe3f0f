"""Every command and query that README and docs/ show: spelt right, and run where they can be."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from enrich.cli.shell import with_shell
from enrich.simulator.build import FULL_KEY
from enrich.warehouse import read_warehouse
from enrich.warehouse.ready import query_of
from tasks import TASKS
from tests.docs.pages import ROOT, Block, all_blocks, blocks, commands
from tests.docs.tables import all_commands, option_rows
from tests.jobs.town import NOW, town

NAMES = sorted((name for name, _ in all_commands()), key=len, reverse=True)
OPTIONS = {(command, option) for command, option, _ in option_rows()}
COMMON = {
    f"--{name.replace('_', '-')}"
    for name in inspect.signature(with_shell(lambda shell: None)).parameters
    if name != "ctx"
} | {"--help"}
WIRED = """account = "demostore"
base_url = "{address}/vtex"
pace = {{ requests_per_second = 90, concurrent_details = 8 }}
"""
GIFTS = """
now = "2011-12-10T09:00:00Z"
[stores.main]
time_zone = "Europe/London"
currency = "GBP"
"""


@dataclass(frozen=True)
class Desk:
    """A folder in which blocks are run, and the environment of a shop behind the simulator."""

    folder: Path
    environ: dict[str, str]
    address: str = ""

    def run(self, block: Block) -> None:
        """Raises with what was said when a command of the block fails."""
        command = ["bash", "-euo", "pipefail", "-c", block.text]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"
        self.wire()

    def wire(self) -> None:
        """A settings file as `enrich init` writes it is pointed at the simulator."""
        path = self.folder / "enrich.toml"
        if path.is_file() and "base_url" not in (text := path.read_text()):
            wired, count = re.subn(
                'account = "mystore".*', WIRED.format(address=self.address), text
            )
            assert count == 1
            path.write_text(f'now = "{NOW.isoformat()}"\n{wired}')


def desk(folder: Path, address: str = "") -> Desk:
    environ = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "VTEX_APP_KEY": FULL_KEY.app_key,
        "VTEX_APP_TOKEN": FULL_KEY.app_token,
    }
    return Desk(folder, environ, address)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A shop set up by the steps of docs/getting-started.md."""
    with town(orders=60, customers=30) as there:
        found = desk(tmp_path_factory.mktemp("shop"), there.address)
        for block in blocks(ROOT / "docs" / "getting-started.md"):
            if block.kind == "sh" and block.reason is None:
                found.run(block)
        yield found


def test_a_real_shop_step_by_step(shop: Desk) -> None:
    assert (shop.folder / "data" / "dashboard.html").is_file()
    with read_warehouse(shop.folder / "data") as copy:
        assert copy.query("select count(*) from profiles").item() > 30


def test_the_analysts_desk(shop: Desk) -> None:
    for block in blocks(ROOT / "docs" / "analysis.md"):
        if block.kind == "sh" and block.reason is None:
            shop.run(block)
    assert (shop.folder / "codes.csv").read_text().startswith("store,promo_code")


QUERIES = [block for block in all_blocks("sql") if block.reason is None]


@pytest.mark.parametrize("block", QUERIES, ids=lambda block: block.page)
def test_queries_answer(shop: Desk, block: Block) -> None:
    with read_warehouse(shop.folder / "data") as copy:
        for statement in filter(str.strip, block.text.split(";")):
            query = query_of(statement)
            assert copy.query(query.statement, query.values()).columns


def test_files_instead_of_vtex(tmp_path: Path) -> None:
    here = desk(tmp_path)
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n1,c,2026-03-01,9\n"
    )
    (tmp_path / "items.csv").write_text("order_id,sku,quantity,amount\n1,s,1,9\n")
    (tmp_path / "customers.csv").write_text("customer_id,first_name\nc,Ana\n")
    (tmp_path / "gifts.toml").write_text(GIFTS)
    extract = ROOT / "tests" / "data" / "online_retail_extract.csv"
    pl.read_csv(extract, infer_schema=False).write_parquet(tmp_path / "transactions.parquet")
    first, *others = (one for one in blocks(ROOT / "docs" / "import.md") if one.kind == "sh")
    here.run(first)
    assert (tmp_path / "profiles.csv").read_text().count("\n") == 2
    shutil.rmtree(tmp_path / "data")  # another shop
    for block in others:
        here.run(block)
    assert (tmp_path / "profiles.csv").read_text().count("\n") > 10


@pytest.mark.parametrize("block", all_blocks("sh"), ids=lambda block: block.page)
def test_a_block_is_run_or_says_why_not(block: Block) -> None:
    is_run = block.page in {f"docs/{name}.md" for name in ("getting-started", "analysis", "import")}
    assert is_run or block.reason, f"run it here, or say why not:\n{block.text}"


@pytest.mark.parametrize("line", commands())
def test_a_command_is_spelt_right(line: str) -> None:
    words = shlex.split(line.partition("#")[0].replace("...", "X"))[1:]
    name = next((name for name in NAMES if words[: len(name.split())] == name.split()), None)
    assert name or words[0] in ("COMMAND", "--help"), line
    known = COMMON | {
        option.strip("`") for command, option in OPTIONS if command == f"`enrich {name}`"
    }
    options = {word.partition("=")[0] for word in words if re.match(r"--\w", word)}
    assert options <= known, line


def test_tasks_exist() -> None:
    text = "\n".join(page.text for page in all_blocks("sh"))
    named = set(re.findall(r"tasks\.py (\w+)", text))
    assert named
    assert named <= set(TASKS)
