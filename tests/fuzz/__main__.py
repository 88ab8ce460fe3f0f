"""python -m tests.fuzz --documents 100000"""

from __future__ import annotations

import argparse
import sys
import time

from tests.fuzz.run import JUDGES, fuzz

# Orders are what the numbers come from, and their documents are the largest.
SHARES = {"orders": 0.4, "customers": 0.2, "import files": 0.2}


def main() -> int:
    parser = argparse.ArgumentParser(description="Broken documents, against a slow reader.")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began, total, complaint_count = time.monotonic(), 0, 0
    rest = (1 - sum(SHARES.values())) / (len(JUDGES) - len(SHARES))
    for name in JUDGES:
        found = fuzz(name, round(given.documents * SHARES.get(name, rest)), given.seed)
        _say(found.line)
        for complaint in found.complaints:
            _say(f"  {complaint[:300]}")
        total += found.document_count
        complaint_count += len(found.complaints)
    _say(f"{total:,} documents in {time.monotonic() - began:,.0f} s, {complaint_count} complaints")
    return 1 if complaint_count else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
