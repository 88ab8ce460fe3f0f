"""What was bought with which codes: distinct sorted lists per window and of the last purchase."""

import polars as pl

from enrich.profile.field import TEXTS, ProfileField, per_window

_SUBJECTS = {
    "products": "Products bought",
    "categories": "Categories bought from",
    "brands": "Brands bought",
    "promo_codes": "Promo codes typed",
    "applied_promo_codes": "Promo codes that gave a discount",
}
_LAST = ("brands", "categories", "promo_codes")


def _family(stem: str) -> tuple[ProfileField, ...]:
    return per_window(
        stem,
        TEXTS,
        "list",
        [],
        _SUBJECTS[stem] + " {when}, distinct and sorted.",
        lambda w: pl.col(f"{stem}_{w}"),
    )


BASKETS = (
    *(field for stem in _SUBJECTS for field in _family(stem)),
    *(
        ProfileField(
            f"last_purchase_{stem}",
            TEXTS,
            "list",
            [],
            f"{_SUBJECTS[stem]} in the last purchase, distinct and sorted.",
            pl.col(f"last_{stem}"),
        )
        for stem in _LAST
    ),
)
