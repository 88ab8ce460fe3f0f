"""The pictures of the dashboard in docs/images, taken from a demo's page by headless Chromium.

To take them again, after `enrich demo`: python -m tests.report.pictures demo/dashboard.html
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.flows.screenshot import take

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PICTURES = {
    "dashboard": ("lang=en&period=90&theme=light", 1280, 1400),
    "dashboard-dark": ("lang=pt&period=90&theme=dark", 1280, 1400),
    "dashboard-phone": ("lang=es&period=90&theme=light", 500, 1400),
    "dashboard-phone-dark": ("lang=es&period=90&theme=dark", 500, 1400),
}
"""What is looked at, and the size of the window; Chromium makes none narrower than 500 points."""


def take_all(page: Path, folder: Path) -> list[Path]:
    """The files of all pictures of the page, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        take(
            f"{page.resolve().as_uri()}#{view}", folder / f"{name}.png", width=width, height=height
        )
        for name, (view, width, height) in PICTURES.items()
    ]


if __name__ == "__main__":
    take_all(Path(sys.argv[1]), IMAGES)
