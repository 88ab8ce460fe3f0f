"""How well a score or an expectation met what happened."""

from __future__ import annotations

import numpy as np
import polars as pl

from enrich.predict.arrays import Floats, Ints, dot


def correlation(predicted: Floats, actual: Floats) -> float | None:
    """Pearson's; None when one of the two does not vary."""
    if np.ptp(predicted) == 0 or np.ptp(actual) == 0:
        return None
    return float(np.corrcoef(predicted, actual)[0, 1])


def auc(score: Floats, happened: Floats) -> float | None:
    """The chance that who did scores above who did not; ties count half; None without both."""
    did = happened > 0
    yes, no = int(did.sum()), int((~did).sum())
    if not yes or not no:
        return None
    return float((_ranks(score)[did].sum() - yes * (yes + 1) / 2) / (yes * no))


def normalised_gini(score: Floats, money: Floats) -> float | None:
    """How much of the money stands at the top of the score: 1 as good as knowing, 0 as chance."""
    perfect = _gini(money, money)
    return _gini(score, money) / perfect if perfect > 0 else None


def _gini(score: Floats, money: Floats) -> float:
    n, total = len(money), money.sum()
    return 2 * dot(_ranks(score), money) / (n * total) - (n + 1) / n if total else 0.0


def _ranks(values: Floats) -> Floats:
    """1 for the lowest; equal ones share the average of their ranks."""
    return pl.Series(values).rank("average").to_numpy()


def tenths(predicted: Floats) -> Ints:
    """1 for the tenth with the highest predictions to 10; of equal ones the first rows go first."""
    number = np.zeros(len(predicted), np.int64)
    for tenth, rows in enumerate(np.array_split(np.argsort(-predicted, kind="stable"), 10), 1):
        number[rows] = tenth
    return number


def error_by_tenth(predicted: Floats, actual: Floats) -> float | None:
    """Sum of absolute errors of the tenths, as a share of what happened."""
    if not actual.sum():
        return None
    errors = np.bincount(tenths(predicted), predicted - actual)
    return float(np.abs(errors).sum() / actual.sum())


def bias(predicted: Floats, actual: Floats) -> float | None:
    """How much too high (0.1: a tenth) all predictions together are."""
    return float(predicted.sum() / actual.sum() - 1) if actual.sum() else None


def share_between(position: Floats, orders: Floats) -> float | None:
    """Among who ordered, the share whose first order came within the middle 80 % of what was
    predicted for the horizon: coverage."""
    came = position[orders > 0]
    return float(((came >= 0.1) & (came <= 0.9)).mean()) if len(came) else None
