"""What the made-up shop sells: categories, brands, SKUs, sales channels and promo codes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from enrich.simulator import words
from enrich.simulator.chance import chance, roll


@dataclass(frozen=True, slots=True)
class Category:
    """One category; `parent` is the position of the one above it, None for a department."""

    category_id: int
    name: str
    parent: int | None


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand."""

    brand_id: int
    name: str
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Sku:
    """One thing sold under one name; `brand` and `category` are positions, None when unknown."""

    sku_id: str
    product_id: str
    ref_id: str
    product_name: str
    variant: str
    brand: int | None
    category: int | None
    price_cents: int

    @property
    def name(self) -> str:
        return f"{self.product_name} {self.variant}".strip()

    @property
    def sku_name(self) -> str:
        """What VTEX calls the SKU apart from its product; one alone is called like the product."""
        return self.variant or self.product_name


@dataclass(frozen=True, slots=True)
class SalesChannel:
    """One trade policy with its currency."""

    channel_id: str
    name: str
    currency: str
    country: str
    symbol: str


@dataclass(frozen=True)
class Shop:
    """The catalogue and the rest of what the shop has configured."""

    name: str
    categories: tuple[Category, ...]
    brands: tuple[Brand, ...]
    skus: list[Sku]
    channels: tuple[SalesChannel, ...]
    promo_codes: tuple[str, ...]
    windows_zone: str = "E. South America Standard Time"
    locale: str = "pt-BR"
    line_parts: dict[int, dict[str, Any]] = field(default_factory=dict, repr=False)
    _paths: dict[int, str] = field(default_factory=dict)
    _newest: dict[str, Sku] = field(default_factory=dict)

    def newest(self, sku_id: str) -> Sku | None:
        """The SKU under the name it was last given; one may have been sold under several."""
        if not self._newest:
            self._newest.update((sku.sku_id, sku) for sku in self.skus)
        return self._newest.get(sku_id)

    def category_path(self, position: int | None) -> str:
        """The ids from the root down as VTEX writes them, `/1/10/`; empty without a category."""
        if position is None:
            return ""
        if position not in self._paths:
            ids = [str(self.categories[at].category_id) for at in self.lineage(position)]
            self._paths[position] = f"/{'/'.join(ids)}/"
        return self._paths[position]

    def lineage(self, position: int) -> list[int]:
        """The positions from the root down to this category."""
        above = self.categories[position].parent
        return [position] if above is None else [*self.lineage(above), position]


CHANNELS = (
    SalesChannel("1", "Main", "BRL", "BRA", "R$"),
    SalesChannel("2", "App", "BRL", "BRA", "R$"),
    SalesChannel("3", "Outlet", "BRL", "BRA", "R$"),
    SalesChannel("4", "Export", "USD", "USA", "US$"),
)


def build_shop(name: str, seed: int, product_count: int) -> Shop:
    """A shop with so many products of one to three SKUs each; the same seed, the same shop."""
    categories = _build_categories()
    brands = tuple(
        Brand(2_000_001 + at, brand, at != len(words.BRANDS) - 1)
        for at, brand in enumerate(words.BRANDS)
    )
    leaves = [at for at, entry in enumerate(categories) if _depth(categories, at) == 3]
    skus = [
        sku for at in range(product_count) for sku in _build_product(seed, at, categories, leaves)
    ]
    return Shop(name, categories, brands, skus, CHANNELS, words.PROMO_CODES)


def promotion_id(position: int) -> str:
    """The id of the promotion behind the promo code at this position; -1 is the automatic one."""
    return f"11111111-2222-4333-8444-{position + 2:012d}"


def _build_categories() -> tuple[Category, ...]:
    found: list[Category] = []
    for department, groups in words.CATEGORIES.items():
        top = _add(found, department, None)
        for group, leaves in groups.items():
            middle = _add(found, group, top)
            for leaf in leaves:
                _add(found, leaf, middle)
    return tuple(found)


def _add(found: list[Category], name: str, parent: int | None) -> int:
    found.append(Category(len(found) + 1, name, parent))
    return len(found) - 1


def _depth(categories: tuple[Category, ...], position: int) -> int:
    above = categories[position].parent
    return 1 if above is None else 1 + _depth(categories, above)


def _build_product(
    seed: int, at: int, categories: tuple[Category, ...], leaves: list[int]
) -> list[Sku]:
    category = leaves[roll(seed, "product category", at) % len(leaves)]
    style = words.STYLES[roll(seed, "product style", at) % len(words.STYLES)]
    # Squaring makes a few brands big; the last one is left without products.
    brand = int(chance(seed, "product brand", at) ** 2 * (len(words.BRANDS) - 1))
    price = math.exp(math.log(1_990) + chance(seed, "price", at) * math.log(45))
    return [
        Sku(
            sku_id=str(at * 10 + 301 + variant),
            product_id=str(at + 30),
            ref_id=f"REF-{at + 30}-{variant + 1}",
            product_name=f"{categories[category].name} {style} {at + 30}",
            variant=words.VARIANTS[(at + variant) % len(words.VARIANTS)],
            brand=brand,
            category=category,
            price_cents=int(price) // 100 * 100 + 90,
        )
        for variant in range(1 + roll(seed, "variants", at) % 3)
    ]
