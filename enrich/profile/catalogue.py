"""All profile fields in order: the one list that tables, exports, mappings and documents follow."""

from datetime import date

from enrich.model import Rules
from enrich.profile.baskets import BASKETS
from enrich.profile.contact import CONTACT
from enrich.profile.field import ProfileField
from enrich.profile.recency import recency_fields
from enrich.profile.spending import SPENDING
from enrich.profile.standing import standing_fields


def fields(as_of: date, rules: Rules) -> tuple[ProfileField, ...]:
    """The fields for one day and one store's rules."""
    return (*CONTACT, *recency_fields(as_of), *SPENDING, *BASKETS, *standing_fields(rules))


FIELDS = fields(date(1970, 1, 1), Rules())  # names, types and definitions do not depend on either
