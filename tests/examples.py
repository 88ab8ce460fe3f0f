"""How many examples of a costly property are tried."""

from hypothesis import settings


def costly(in_ci: int) -> settings:
    """`in_ci` examples where one takes over 10 ms; in profile `explore` twenty times as many."""
    return settings(
        deadline=None, max_examples=in_ci if settings.default.derandomize else 20 * in_ci
    )
