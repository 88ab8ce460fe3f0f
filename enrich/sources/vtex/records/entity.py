"""How an entity of VTEX is declared, once: where it is asked for, who may, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from enrich.sources.vtex.records.base import Document


@dataclass(frozen=True, slots=True)
class Route:
    """One VTEX call. `permissions` are License Manager resources; any one of them is enough.

    `is_needed` is False where the product goes on without it.
    """

    name: str
    path: str
    permissions: tuple[str, ...]
    is_needed: bool = False

    @property
    def permission_to_tick(self) -> str:
        """The resource to tick in the role, the narrowest first."""
        return " or ".join(self.permissions)


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of record: how it is called in the warehouse, and how a document becomes one."""

    name: str
    model: type[Document]
    key: str
    changed: str | None = None
    tidy_key: Callable[[str], str] = str


def items(answer: Any) -> Any:
    """The documents of an answer, which is a list or holds one."""
    return answer.get("items") if isinstance(answer, Mapping) else answer


@dataclass(frozen=True, slots=True)
class ShortList:
    """An entity that is one short list, asked for whole at every sync: nothing can be missing.

    Its documents go to `raw.vtex_NAME`, and from there through sql/typed/NAME.sql. `filled` are
    the parts of the path; `public_path` is asked where the role may not read the other.
    """

    entity: Entity
    path: str
    permissions: tuple[str, ...]
    public_path: str | None = None
    filled: Mapping[str, str] = field(default_factory=dict)
    documents: Callable[[Any], Any] = items

    @property
    def route(self) -> Route:
        return Route(self.entity.name, self.path, self.permissions)
