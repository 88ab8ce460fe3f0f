"""A page as headless Chromium shows it, where there is one: a picture, or its elements as text."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=20000",
)


def browser() -> str | None:
    """The path of a browser, None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def take(url: str, target: Path, *, width: int = 1400, height: int = 1000) -> Path:
    """The PNG of the page at `url`; raises when the browser fails."""
    _run(
        target.with_suffix(".profile"),
        url,
        f"--window-size={width},{height}",
        f"--screenshot={target}",
    )
    return target


def elements(url: str, folder: Path) -> str:
    """The HTML of the page at `url` after its scripts have run; `folder` is for the browser."""
    return _run(folder / "browser.profile", url, "--dump-dom")


def _run(profile: Path, url: str, *wanted: str) -> str:
    command = [str(browser()), *FLAGS, f"--user-data-dir={profile}", *wanted, url]
    done = subprocess.run(command, check=True, capture_output=True, timeout=600)
    shutil.rmtree(profile, ignore_errors=True)
    return done.stdout.decode()
