"""Frames as files and text for people."""

from __future__ import annotations

import polars as pl


def joined_lists(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every list as one text, joined with `|`: what CSV can hold."""
    return frame.with_columns(
        pl.col(name).cast(pl.List(pl.String)).list.join("|")
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.List)
    )
