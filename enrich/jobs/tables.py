"""Frames as files and text for people."""

from __future__ import annotations

from typing import TypeVar

import polars as pl
from polars import selectors

from enrich.destinations.file_tables import harmless

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def joined_lists(frame: Frame) -> Frame:
    """The frame with every list as one text, joined with `|`: what CSV can hold."""
    texts = selectors.list().cast(pl.List(pl.String)).list.join("|")
    return frame.with_columns(texts)


def for_people(frame: Frame) -> Frame:
    """The frame for a CSV that a spreadsheet opens: no text of it runs as a formula."""
    return joined_lists(frame).with_columns(harmless(selectors.string()))
