"""The catalogue, the sales channels and the promotions: small lists, and none of them vital.

A role often lacks some of these, and accounts on the newer catalogue answer 500 to the classic
routes. So each function returns what it got with a note on what it did not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from enrich.client import BadBody, GaveUp, HttpStatus, NotFound, PermissionMissing
from enrich.model import RawRecord, Reject
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.entities import (
    BRAND_LIST,
    BRANDS,
    CATEGORIES,
    CATEGORY_TREE,
    CHANNELS,
    COUPON_LIST,
    COUPONS,
    PROMOTION_LIST,
    PROMOTIONS,
    PUBLIC_SALES_CHANNELS,
    SALES_CHANNELS,
    Entity,
    Route,
)
from enrich.sources.vtex.parse import parse_record, parse_records

TREE_LEVELS = "10"
_MISSABLE = (PermissionMissing, NotFound, BadBody, HttpStatus, GaveUp)


@dataclass(frozen=True, slots=True)
class Pulled:
    """The records of a small list; `note` says why it is empty when it could not be had."""

    records: tuple[RawRecord | Reject, ...] = ()
    note: str | None = None


def fetch_categories(client: VtexClient) -> Pulled:
    """One record a category: `{id, name, parentId, path, pathNames}`, from the root down."""
    try:
        tree = client.fetch_json(CATEGORY_TREE, path={"levels": TREE_LEVELS}, tries=3)
    except _MISSABLE as error:
        return Pulled(note=str(error))
    rows = flatten_tree(tree if isinstance(tree, list) else [])
    return Pulled(tuple(parse_record(CATEGORIES, row) for row in rows))


def flatten_tree(
    nodes: list[Any], path: tuple[str, ...] = (), names: tuple[str | None, ...] = ()
) -> Iterator[dict[str, Any]]:
    """The categories of a tree, parents first; each with the way from its root to itself."""
    for node in nodes:
        if not isinstance(node, dict) or node.get("id") is None:
            continue
        own_path, own_names = (*path, str(node["id"])), (*names, node.get("name"))
        yield {
            "id": own_path[-1],
            "name": own_names[-1],
            "parentId": path[-1] if path else None,
            "path": list(own_path),
            "pathNames": list(own_names),
        }
        yield from flatten_tree(node.get("children") or [], own_path, own_names)


def fetch_brands(client: VtexClient) -> Pulled:
    """One record a brand (VTEX lists at most 20,000)."""
    return _fetch_list(client, BRANDS, BRAND_LIST)


def fetch_sales_channels(client: VtexClient) -> Pulled:
    """One record a sales channel; from the public list where the role may not read the other."""
    pulled = _fetch_list(client, SALES_CHANNELS, CHANNELS)
    if pulled.note is None:
        return pulled
    public = _fetch_list(client, PUBLIC_SALES_CHANNELS, CHANNELS)
    return public if public.note is None else pulled


def fetch_coupons(client: VtexClient) -> Pulled:
    """One record a coupon, archived ones too."""
    return _fetch_list(client, COUPONS, COUPON_LIST)


def fetch_promotions(client: VtexClient) -> Pulled:
    """One record a promotion."""
    return _fetch_list(client, PROMOTIONS, PROMOTION_LIST)


def _fetch_list(client: VtexClient, route: Route, entity: Entity) -> Pulled:
    try:
        answer = client.fetch_json(route, tries=3)
    except _MISSABLE as error:
        return Pulled(note=str(error))
    documents = answer.get("items") if isinstance(answer, Mapping) else answer
    if not isinstance(documents, list):
        return Pulled(note=f"VTEX {route.name}: the answer is no list")
    return Pulled(tuple(parse_records(entity, documents)))
