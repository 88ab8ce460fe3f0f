"""The profile stage from and into the warehouse: python -m bench.contenders.warehouse SHOP FOLDER.

FOLDER holds a warehouse whose customers and purchases are resolved.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from bench.scales import AS_OF
from bench.simulated import NOW
from enrich.model import Rules
from enrich.profile import profile_parts, score_parts
from enrich.warehouse import open_warehouse


def keep_profiles(folder: Path) -> None:
    """Computes the profiles of the day and keeps them."""
    now = NOW + timedelta(days=1)
    with open_warehouse(folder) as warehouse:
        parts = warehouse.profiles.parts("shop")
        scored = score_parts(parts, AS_OF, Rules())
        profiles = profile_parts(scored, warehouse.profiles.segments_before("shop", AS_OF))
        warehouse.profiles.keep("shop", AS_OF, profiles, scored.cut_points, run_id="bench", now=now)


if __name__ == "__main__":
    keep_profiles(Path(sys.argv[2]))
