"""The named moments at which a run is killed: after (or on entering) a function of the product."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass(frozen=True)
class Moment:
    """A function of a file, at its beginning (`call`) or end (`return`)."""

    file: str
    function: str
    event: str = "return"


MOMENTS: Mapping[str, Moment] = {
    "sync: a window was listed": Moment("sources/vtex/listing.py", "_read_window"),
    "sync: details are fetched, none is stored": Moment("sync/listed_orders.py", "_load", "call"),
    "load: inside the transaction": Moment("warehouse/loading.py", "load_documents"),
    "load: stored, the listing is not remembered": Moment(
        "warehouse/reconciling.py", "keep_listing", "call"
    ),
    "load: before the watermark": Moment("warehouse/loading.py", "set_watermark", "call"),
    "load: inside the comparison": Moment("warehouse/reconciling.py", "reconcile"),
    "resolve: people are known, purchases are not": Moment(
        "warehouse/resolving.py", "_resolve_customers"
    ),
    "profile: a part of the table is written": Moment("warehouse/history.py", "lay_aside"),
    "profile: all is written, nothing committed": Moment("warehouse/coded.py", "show_profiles"),
    "publish: half of the copy is written": Moment(
        "warehouse/publishing.py", "_comment_all", "call"
    ),
    "publish: the copy was swapped": Moment("warehouse/publishing.py", "publish"),
    "push: a batch is about to leave": Moment("destinations/webhook.py", "push", "call"),
    "push: accepted, not recorded": Moment("destinations/webhook.py", "push"),
    "push: inside the record's transaction": Moment("warehouse/pushes.py", "_record"),
    "push: recorded": Moment("warehouse/pushes.py", "record"),
}


def arm(name: str, count: int) -> None:
    """Kill this process, as the kernel would, when the moment comes for the `count`th time."""
    moment = MOMENTS[name]
    left = count

    def look(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        code = frame.f_code
        if event != moment.event or code.co_name != moment.function:
            return
        if code.co_filename.endswith(moment.file):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(look)
    sys.setprofile(look)
