"""What the models of all VTEX documents share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, Strict

from enrich.model import EARLIEST, LATEST, MAX_CENTS, MAX_KEY, MAX_TEXT

Location: TypeAlias = tuple[int | str, ...]

# Strict: `true` is not one cent; what came as a float or a text, `parse` mends.
Whole = Annotated[int, Strict(), Field(ge=-MAX_CENTS, le=MAX_CENTS)]
# A price times a quantity has to stay a number of 64 bits.
Price = Annotated[int, Strict(), Field(ge=-(10**12), le=10**12)]
Quantity = Annotated[int, Strict(), Field(ge=-(10**6), le=10**6)]
# VTEX names no largest one: what is sold by the gram has 1,500.
Multiplier = Annotated[float, Strict(), Field(ge=0, le=10**9)]
Key = Annotated[str, Field(min_length=1, max_length=MAX_KEY)]
Word = Annotated[str, Field(max_length=MAX_KEY)]
Moment = Annotated[datetime, Field(ge=EARLIEST, lt=LATEST)]


class Document(BaseModel):
    """What all documents share: unknown fields are ignored, numbers may stand for texts."""

    model_config = ConfigDict(
        extra="ignore",
        coerce_numbers_to_str=True,
        str_max_length=MAX_TEXT,
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
