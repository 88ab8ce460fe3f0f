"""What the simulated shop and those who ask it agree on; light, so a bare client stays bare."""

from __future__ import annotations

from datetime import UTC, datetime, time

from bench.scales import AS_OF

NOW = datetime.combine(AS_OF, time(12), UTC)
HISTORY_DAYS = 1_200
APP = "bench"
HEADERS = {
    "Accept": "application/json",
    "X-VTEX-API-AppKey": APP,
    "X-VTEX-API-AppToken": APP,
}
ORDER_COUNTS = {"XXS": 200, "XS": 1_000, "S": 5_000, "M": 20_000, "L": 50_000}
