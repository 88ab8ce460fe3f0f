"""The documentation as a site: built wholly, links lead somewhere, nothing is loaded from afar."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from tests.docs.pages import ROOT


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of mkdocs itself
def test_every_page_is_built_and_every_link_leads_somewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path), strict=True))
    pages = {page.parent.relative_to(tmp_path) for page in tmp_path.rglob("index.html")}
    expected = {
        path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")
    }
    named = {path.parent if path.name == "README" else path for path in expected}
    assert named <= pages
    # Material loads Mermaid from elsewhere where a page has such a picture.
    loaded = re.compile(r"""(?:src=|<link[^>]*href=|@import |url\()["']?https?:|class="mermaid""")
    assert not [page for page in tmp_path.rglob("*.html") if loaded.search(page.read_text())]
    assert (
        'href="../sql/analysis/slipping_away.sql"' in (tmp_path / "analysis/index.html").read_text()
    )
