"""python -m tests.attack [--only SUBJECT] [--short]: what was tried, what happened, what held."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.attack.attempt import Attempt, NotHere
from tests.attack.subjects import SUBJECTS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(SUBJECTS), help="one subject")
    parser.add_argument("--short", action="store_true", help="leave out the long ones, as CI does")
    given = parser.parse_args()
    results = [
        _try(subject, attempt)
        for subject, attempts in SUBJECTS.items()
        for attempt in attempts
        if given.only in (None, subject) and not (given.short and attempt.long)
    ]
    failed_count = results.count("NOT HELD")
    _print(
        f"\n{len(results)} attempts, {failed_count} not held, {results.count('not here')} not here"
    )
    return 1 if failed_count or not results else 0


def _try(subject: str, attempt: Attempt) -> str:
    """The word for the last column of one attempt, after its row was printed."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            finding = attempt.run(Path(folder))
            word, happened = ("held" if finding.held else "NOT HELD"), finding.happened
        except NotHere as missing:
            word, happened = "not here", str(missing)
    seconds = time.monotonic() - started
    _print(f"| {subject} | {attempt.name} | {happened} | {seconds:.1f} s | {word} |")
    return word


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
