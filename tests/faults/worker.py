"""One run of the command line in a process of its own, armed to die.

python -m tests.faults.worker MOMENT COUNT arguments of enrich ...     ("-" 0: it lives)
"""

from __future__ import annotations

import sys

from enrich.__main__ import main
from tests.faults.moments import arm

if __name__ == "__main__":
    _, moment, count, *arguments = sys.argv
    sys.argv = ["enrich", *arguments]
    if moment != "-":
        arm(moment, int(count))
    main()
