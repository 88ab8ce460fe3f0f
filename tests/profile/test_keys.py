"""Keys are found whichever way they lie: side by side, with gaps, far apart, or not at all."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from enrich.profile.keys import positions

ANYWHERE = st.integers(-(2**40), 2**40)
KEYS = st.one_of(
    st.integers(-5, 5).flatmap(lambda first: st.just(list(range(first, first + 7)))),
    st.lists(st.integers(0, 300), unique=True).map(sorted),
    st.lists(ANYWHERE, unique=True).map(sorted),
)


@given(KEYS, st.lists(st.one_of(st.integers(-10, 310), ANYWHERE)))
def test_each_wanted_key_has_the_place_of_its_like(keys: list[int], wanted: list[int]) -> None:
    sought = [*wanted, *keys]
    found = positions(np.array(keys, dtype=np.int64), np.array(sought, dtype=np.int64))
    assert found.tolist() == [keys.index(key) if key in keys else -1 for key in sought]
