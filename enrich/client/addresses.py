"""Texts of others inside an address or a file name."""

from __future__ import annotations

from urllib.parse import quote


def path_segment(text: str) -> str:
    """The text as exactly one segment of a path: no id of another can lead elsewhere with it.

    `.` and `..` are no letters that `quote` encodes, and every client resolves them.
    """
    encoded = quote(text, safe="")
    return encoded if encoded.strip(".") else encoded.replace(".", "%2E")
