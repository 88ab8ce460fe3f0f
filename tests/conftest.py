"""The same examples in every run, so that only a change can turn main red.

`pytest --hypothesis-profile explore` looks for new ones.
"""

import gc
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

# How long it takes to draw them is the machine's affair: that check is for whoever explores.
settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("same")

# Hypothesis also draws constants of the modules imported by then, so that examples depended on what
# else the same worker had run. There is no setting for it, and the name may go in a later version.
if _of_what_is_imported := getattr(providers, "_get_local_constants", None):
    providers._get_local_constants = lambda: (
        providers._local_constants if settings().derandomize else _of_what_is_imported()
    )

TESTS = Path(__file__).parent
LONG_TABLES = (
    "attack/test_attack",
    "audiences/test_push",
    "destinations/test_contract",
    "destinations/test_faults",
    "destinations/test_plugins",
    "sql/test_cases",
    "store/test_migrating",
    "vtex/test_documents",
)
"""Where many rows go one way through the code: of each test every third row is not slow."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two of three rows of the long tables are slow; the next test of a file keeps other rows."""
    tables: dict[Path, dict[str, list[pytest.Item]]] = defaultdict(lambda: defaultdict(list))
    long_tables = {TESTS / f"{name}.py" for name in LONG_TABLES}
    for item in items:
        name, _, row = item.name.partition("[")
        if row and item.path in long_tables:
            tables[item.path][name].append(item)
    for tests in tables.values():
        for first, rows in enumerate(tests.values()):
            for number, item in enumerate(rows):
                if number % 3 != first % min(3, len(rows)):
                    item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector: what is imported and collected stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
