"""What VTEX, the network and the machine's clock do wrong in a round, one kind a round.

The values are fields of the simulator's weather, and `skew_minutes`: how much this machine's clock
is ahead of VTEX's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WEATHERS: Mapping[str, Mapping[str, Any]] = {
    "fair": {},
    "429 with Retry-After": {"throttled": 0.05, "retry_after_seconds": 0.2},
    "429 with a date": {"throttled": 0.03, "retry_after": "date"},
    "429 without Retry-After": {"throttled": 0.03, "retry_after": "none"},
    "5xx in bursts": {"broken": 0.01, "burst": 3},
    "slow bodies": {"slow": 0.05, "slow_seconds": 0.1},
    "cut bodies": {"cut": 0.03},
    "no answer": {"lost": 0.03},
    "HTML instead of JSON": {"html": 0.03},
    "rows missing and twice in pages": {"moving_rows": 0.2},
    "index lag": {"index_lag_minutes": 5.5},
    "stale statuses in the list": {"stale_status_minutes": 60},
    "float totals": {"float_totals": True},
    "no last change in the list": {"hide_last_change": True},
    "scrolls that expire": {"expired_scrolls": 0.2},
    "wrong range totals": {"wrong_range_total": True, "range_header": "short"},
    "clock ahead by 40 minutes": {"skew_minutes": 40},
    "clock behind by 40 minutes": {"skew_minutes": -40},
    "customers found late": {"search_lag_seconds": 120},
    "no filter by last interaction": {"unfilterable_fields": ["lastInteractionIn"]},
    "all of it, a little": {
        "throttled": 0.01, "retry_after_seconds": 0.2, "broken": 0.005, "burst": 2, "slow": 0.01,
        "cut": 0.01, "lost": 0.01, "html": 0.01, "moving_rows": 0.1, "index_lag_minutes": 5,
        "float_totals": True,
    },
}  # fmt: skip
