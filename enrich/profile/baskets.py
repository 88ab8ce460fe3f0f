"""What was bought with which codes: distinct sorted lists per window and of the last purchase."""

from itertools import chain

import polars as pl

from enrich.profile.field import TEXTS, ProfileField, per_window
from enrich.profile.windows import Window

_SUBJECTS = {
    "products": "Products bought",
    "categories": "Categories bought from",
    "brands": "Brands bought",
    "promo_codes": "Promo codes typed",
    "applied_promo_codes": "Promo codes that gave a discount",
}
_LAST = ("brands", "categories", "promo_codes")


def basket_fields(windows: tuple[Window, ...]) -> tuple[ProfileField, ...]:
    """The lists of each subject, one a window, and those of the last purchase."""
    families = (_family(base_name, windows) for base_name in _SUBJECTS)
    return (*chain.from_iterable(families), *(_of_last(base_name) for base_name in _LAST))


def _family(base_name: str, windows: tuple[Window, ...]) -> tuple[ProfileField, ...]:
    text = _SUBJECTS[base_name] + " {when}, distinct and sorted."
    return per_window(
        windows, base_name, TEXTS, "list", [], text, lambda w: pl.col(f"{base_name}_{w}")
    )


def _of_last(base_name: str) -> ProfileField:
    text = f"{_SUBJECTS[base_name]} in the last purchase, distinct and sorted."
    name = f"last_purchase_{base_name}"
    return ProfileField(name, TEXTS, "list", [], text, pl.col(f"last_{base_name}"))
