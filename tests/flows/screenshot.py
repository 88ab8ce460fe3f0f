"""A picture of a page by headless Chromium, where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--virtual-time-budget=20000",
)


def browser() -> str | None:
    """The path of a browser, None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def take(url: str, target: Path, *, width: int = 1400, height: int = 1000) -> Path:
    """The PNG of the page at `url`; raises when the browser fails."""
    profile = target.with_suffix(".profile")
    command = [str(browser()), *FLAGS, f"--window-size={width},{height}"]
    command += [f"--user-data-dir={profile}", f"--screenshot={target}", url]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    shutil.rmtree(profile, ignore_errors=True)
    return target
