"""All profile fields in order: the one list that tables, exports, mappings and documents follow."""

import re
from dataclasses import replace
from itertools import chain

from enrich.model import Rules
from enrich.profile.affinity import AFFINITY
from enrich.profile.baskets import basket_fields
from enrich.profile.contact import CHANNEL_OPT_INS, CONTACT, HOLD_OUT
from enrich.profile.field import ProfileField
from enrich.profile.phones import PHONE
from enrich.profile.predicted import PREDICTED
from enrich.profile.products import PRODUCTS
from enrich.profile.recency import RECENCY
from enrich.profile.rfm_fields import percentile_fields, rfm_fields
from enrich.profile.spending import spending_fields
from enrich.profile.traits import TRAITS
from enrich.profile.windows import windows

_WINDOW = re.compile(r"_\d+d(_plus)?$")


def fields(rules: Rules) -> tuple[ProfileField, ...]:
    """The fields for one store's rules; names and types depend on `rules.windows` alone."""
    spans = windows(rules)
    scores = (spending_fields(spans), basket_fields(spans), rfm_fields(rules))
    # what mappings of all fields have always sent; a family of its own is sent where it is named
    first = (replace(one, is_sent_by_default=True) for one in chain(CONTACT, RECENCY, *scores))
    others = (*TRAITS, *AFFINITY, *percentile_fields(rules), PHONE, *CHANNEL_OPT_INS, HOLD_OUT)
    return (*first, *others, *PREDICTED, *PRODUCTS)


FIELDS = fields(Rules())
"""The fields of an installation that adds no window."""

_NAMES = frozenset(field.name for field in FIELDS)


def is_field_name(name: str) -> bool:
    """Whether profiles have the field, or would with other windows of days."""
    return name in _NAMES or _WINDOW.sub("_30d", name) in _NAMES
