"""What has to hold before a release and is no test, since the passing of time alone breaks it.

python3 tasks.py release
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime

from enrich.destinations import REGISTRY


def doubts(today: date) -> list[str]:
    """A line for every platform whose pages were last read more than six months before the day."""
    found = [platform.doubt(today) for _, platform in sorted(REGISTRY.items())]
    return [line for line in found if line]


def main(today: date) -> int:
    """0 when nothing is doubtful, else 1."""
    lines = doubts(today)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(datetime.now(UTC).date()))
