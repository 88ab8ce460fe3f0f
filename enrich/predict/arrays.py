"""The arrays that the models compute with, and how they are added up."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]


def dot(a: Floats | Ints, b: Floats) -> float:
    """The sum of products, in the same order on every machine; BLAS would wait for its threads."""
    return float((a * b).sum())
