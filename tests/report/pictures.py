"""Pictures of a dashboard by headless Chromium, to look at.

After `enrich demo`:

    python -m tests.report.pictures demo/dashboard.html              those of docs/images
    python -m tests.report.pictures demo/dashboard.html --all FOLDER every language and period
    python -m tests.report.pictures demo/dashboard.html --runs       pages of a daily run

After the commands of docs/import.md on Online Retail, with `--backtest`:

    python -m tests.report.pictures data/dashboard.html --retail     what comes next for it

A telephone is a frame of 390 points in a page, because Chromium makes no window that narrow.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from tests.flows.browser import ENTER, browser
from tests.flows.screenshot import take
from tests.flows.served import Served, Server, free_port

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
LANGUAGES, THEMES, PERIODS = ("es", "pt", "en"), ("light", "dark"), ("7", "30", "90", "360", "all")
DESKTOP, WHOLE = (1280, 1240), (1280, 6000)
TERMINAL_WIDTH = 116
COMMANDS = (
    "audience export slipping_away --to slipping_away.xlsx",
    "audience push win_back --dry-run",
    "audience push best_buyers --to meta --dry-run",
    "lift weekly_letter",
)
PHONE_WIDTH, PHONE_HEIGHT, PHONE_WHOLE = 390, 1180, 9500


def desktop(page: Path, view: str, target: Path, size: tuple[int, int] = DESKTOP) -> Path:
    """The picture of one view in a wide window."""
    return take(f"{page.resolve().as_uri()}#{view}", target, width=size[0], height=size[1])


def phones(page: Path, views: list[str], target: Path, height: int = PHONE_HEIGHT) -> Path:
    """The picture of several views on telephones, side by side."""
    style = f"border:0;margin:0 10px 0 0;width:{PHONE_WIDTH}px;height:{height}px"
    frames = "".join(
        f'<iframe style="{style}" src="{page.resolve().as_uri()}#{view}"></iframe>'
        for view in views
    )
    wrapper = target.with_suffix(".html")
    wrapper.write_text(f'<body style="margin:0;display:flex;background:#888">{frames}</body>')
    width = len(views) * (PHONE_WIDTH + 10) - 10
    taken = take(wrapper.resolve().as_uri(), target, width=width, height=height)
    wrapper.unlink()
    return taken


def outlook(page: Path, target: Path, height: int = 1240) -> Path:
    """The picture of what comes next."""
    return desktop(page, "lang=en&part=outlook&theme=light", target, (1120, height))


def for_the_docs(page: Path) -> None:
    """The pictures in docs/images."""
    desktop(page, "lang=en&period=90&theme=light", IMAGES / "dashboard.png")
    desktop(page, "lang=pt&period=90&theme=dark", IMAGES / "dashboard-dark.png")
    views = [f"lang=es&period=90&theme={theme}" for theme in THEMES]
    phones(page, views, IMAGES / "dashboard-phone.png")
    outlook(page, IMAGES / "dashboard-next.png")
    desktop(page, "lang=en&part=week&theme=light", IMAGES / "dashboard-week.png", (1280, 1480))


def terminal(
    commands: Sequence[str], folder: Path, environ: Mapping[str, str], target: Path
) -> Path:
    """The picture of what these commands of enrich say there, one below the other."""
    console = Console(record=True, width=TERMINAL_WIDTH, file=io.StringIO())
    for words in commands:
        command = [sys.executable, "-m", "enrich", *words.split()]
        known = {**environ, "COLUMNS": str(TERMINAL_WIDTH)}
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=folder, env=known
        )
        console.print(Text(f"$ enrich {words}", style="bold"))
        console.print(Text(done.stdout + done.stderr))
    drawn = folder / "terminal.svg"
    console.save_svg(str(drawn), title="enrich")
    return take(drawn.as_uri(), target, width=1500, height=1090)


def run_pages(demo: Path, folder: Path) -> None:
    """The pages about audiences and pushes that the daily run leaves, of a copy of the demo's data.

    The simulator has ended: nothing is to be sent any more, so that nobody is asked.
    """
    shutil.copytree(demo, folder, symlinks=True, dirs_exist_ok=True)
    settings = folder / "enrich.toml"
    lines = settings.read_text().splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if not line.startswith("now = ")))
    names = ("DEMO_APP_KEY", "DEMO_APP_TOKEN", "DEMO_ICOMM_KEY", "DEMO_PLATFORM_KEY")
    server = Server(free_port(), folder)
    served = Served(folder, server, dict.fromkeys(names, "any"))
    terminal(COMMANDS, folder, {**os.environ, **served.environ}, IMAGES / "audience-commands.png")
    served.start()
    try:
        run = server.run("daily")
        assert run["state_type"] == "COMPLETED", run["state"]
        with browser() as window:
            window.go(f"{server.ui}/login")
            window.shows(lambda page: 'type="password"' in page)
            window.type_into("input[type=password]", server.password + ENTER)
            window.shows(lambda page: 'type="password"' not in page)
            for name, height in (("audiences", 1400), ("push", 900)):
                window.go(f"{server.ui}/artifacts/artifact/{server.artifact_id(name)}")
                window.shows(lambda page: "<td" in page)
                window.picture(IMAGES / f"prefect-{name}.png", 1600, height)
    finally:
        served.stop()


def everything(page: Path, folder: Path) -> None:
    """A whole page per language and period, themes in turn, in a wide window and on telephones."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (language, period) in enumerate(product(LANGUAGES, PERIODS)):
        view = f"lang={language}&period={period}&theme={THEMES[number % 2]}"
        desktop(page, view, folder / f"desktop-{language}-{period}.png", WHOLE)
    for language in LANGUAGES:
        views = [f"lang={language}&period={period}&theme=light" for period in PERIODS[:3]]
        phones(page, views, folder / f"phone-{language}.png", PHONE_WHOLE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("page", type=Path)
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    parser.add_argument("--runs", action="store_true")
    parser.add_argument("--retail", action="store_true")
    wanted = parser.parse_args()
    if wanted.runs:
        with TemporaryDirectory() as copy:
            run_pages(wanted.page.parent, Path(copy))
    elif wanted.retail:
        outlook(wanted.page, IMAGES / "retail-next.png", 1600)
    elif wanted.all:
        everything(wanted.page, wanted.all)
    else:
        for_the_docs(wanted.page)
