"""Who the customer is: our key, the source's id, and the contact's own attributes."""

import polars as pl

from enrich.profile.contracts import CONTACT_COLUMNS, OPT_INS
from enrich.profile.field import ProfileField

_DEFINITIONS = {
    "customer_id": "The source's own id: VTEX user id, or the id in imported files.",
    "email": "The real e-mail address in lower case; never a masked alias.",
    "first_name": "First name.",
    "last_name": "Last name.",
    "phone": "Phone as the source has it; never used to identify.",
    "birth_date": "Date of birth, never shifted by a time zone.",
    "document": "Identity document.",
    "gender": "Gender as the source has it.",
    "newsletter_opt_in": "Whether the person wants the newsletter; null is unknown, not no.",
    "locale": "Language and country, such as pt-BR.",
    "extra_fields": "The shop's own Master Data fields as a JSON object.",
}

CHANNEL_OPT_INS = tuple(
    ProfileField(
        name,
        pl.Boolean,
        "",
        None,
        f"Whether the person agreed to {what}; null is unknown, not no.",
        pl.col(name),
        can_be_named=False,
    )
    for name, what in OPT_INS.items()
)

HOLD_OUT = ProfileField(
    "control_bucket",
    pl.Int8,
    "bucket",
    None,
    "0 to 99, at random, for ever the same for a person: keep some out of everything, to compare.",
    pl.col("control_bucket"),
    can_be_named=False,
)

CONTACT = (
    ProfileField(
        "customer_key",
        pl.Int64,
        "",
        None,
        "Our key of the customer; it stays when the person is found again.",
        pl.col("customer_key"),
    ),
    *(
        ProfileField(
            name,
            dtype,
            "",
            None,
            _DEFINITIONS[name],
            pl.col(name),
            can_be_named=not name.endswith("_opt_in"),
        )
        for name, dtype in CONTACT_COLUMNS.items()
    ),
)
