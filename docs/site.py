"""The site also has the files outside of this folder that its pages link to."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

LINK = re.compile(r"(\[[^\]]*\])\(([^)#\s:]+)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """The files, with those that pages link to, and those that these link to."""
    root = Path(config.config_file_path).parent
    waiting = [
        (f"docs/{page.src_uri}", page.content_string) for page in files.documentation_pages()
    ]
    while waiting:
        page, text = waiting.pop()
        for _, link, _ in LINK.findall(text):
            target = _target(root, page, link)
            if target is None or target.startswith("docs/") or files.get_file_from_path(target):
                continue
            file = File.generated(config, target, abs_src_path=str(root / target))
            files.append(file)
            if target.endswith(".md"):
                waiting.append((target, file.content_string))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """The text with links as they are in the site, where docs/ is the top."""
    root = Path(config.config_file_path).parent
    uri = page.file.src_uri
    here = uri if page.file.generated_by else f"docs/{uri}"

    def moved(found: re.Match[str]) -> str:
        words, link, anchor = found.groups()
        target = _target(root, here, link)
        if target is None:
            return words[1:-1]
        site = posixpath.relpath(target.removeprefix("docs/"), posixpath.dirname(uri) or ".")
        return f"{words}({site}{anchor or ''})"

    return LINK.sub(moved, markdown)


def _target(root: Path, page: str, link: str) -> str | None:
    """The file a link of a page leads to, from the root; None for a folder without a page."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
    if (root / path).is_dir():
        path += "/README.md"
    return path if (root / path).is_file() else None
