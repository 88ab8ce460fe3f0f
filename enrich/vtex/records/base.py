"""What the models of all VTEX documents share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, Strict

Location: TypeAlias = tuple[int | str, ...]

MOST_CENTS = 10**15
# Strict: `true` is not one cent; what came as a float or a text, `parse` mends.
Whole = Annotated[int, Strict(), Field(ge=-MOST_CENTS, le=MOST_CENTS)]
# A price times a quantity has to stay a number of 64 bits.
Price = Annotated[int, Strict(), Field(ge=-(10**12), le=10**12)]
Quantity = Annotated[int, Strict(), Field(ge=-(10**6), le=10**6)]
Multiplier = Annotated[float, Strict(), Field(ge=0, le=10**3)]
Key = Annotated[str, Field(min_length=1)]
# VTEX was founded in 2000; .NET writes "no date" as the first day of year 1.
Moment = Annotated[
    datetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))
]


class Document(BaseModel):
    """What all documents share: unknown fields are ignored, numbers may stand for texts."""

    model_config = ConfigDict(
        extra="ignore",
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        protected_namespaces=(),
    )

    @classmethod
    def is_critical(cls, location: Location) -> bool:
        """Whether a wrong value at this place spoils the whole document."""
        return False

    def problem(self) -> str | None:
        """Why the document as a whole is unusable, or None."""
        return None


def field_names(model: type[Document]) -> list[str]:
    """The source's names of the fields a model keeps, in order."""
    return [field.alias or name for name, field in model.model_fields.items()]
