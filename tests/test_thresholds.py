"""A shop's own cut points are refused unless they stand in order, in a line that says the order."""

from __future__ import annotations

import pytest

from enrich.errors import BadSettings
from enrich.settings import parse_settings

GOOD = {
    "recency": [180, 90, 45, 20],
    "frequency": [2, 3, 5, 10],
    "monetary": [100, 200, 300, 400],
}


def wanted(**edges: list[int]) -> dict[str, object]:
    rules = {"rfm_method": "thresholds", "rfm_thresholds": {**GOOD, **edges}}
    return {"stores": {"main": rules}}


@pytest.mark.parametrize("edges", [{}, {"recency": [20, 45, 90, 180]}])
def test_edges_in_order_are_taken(edges: dict[str, list[int]]) -> None:
    assert parse_settings(wanted(**edges)).stores["main"].rules().rfm_method == "thresholds"


@pytest.mark.parametrize(
    ("axis", "edges", "order"),
    [
        ("recency", [90, 180, 45, 20], "from the most days down, none twice, such as [180, 90"),
        ("recency", [90, 90, 45, 20], "none twice"),
        ("frequency", [10, 5, 3, 2], "from the lowest up, none twice, such as [2, 3, 5, 10]"),
        ("monetary", [100, 300, 200, 400], "from the lowest up"),
        ("monetary", [100, 100, 200, 400], "none twice"),
    ],
)
def test_edges_out_of_order_are_refused(axis: str, edges: list[int], order: str) -> None:
    with pytest.raises(BadSettings) as refused:
        parse_settings(wanted(**{axis: edges}))
    assert f"rfm_thresholds.{axis}" in str(refused.value)
    assert order in str(refused.value)
