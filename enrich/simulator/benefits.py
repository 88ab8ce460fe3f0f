"""Coupons and promotions over HTTP."""

from __future__ import annotations

from typing import Any

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.moments import zulu
from enrich.simulator.order_list import reach_us
from enrich.simulator.shop import promotion_id
from enrich.simulator.vtex_state import Vtex


def coupon_list(vtex: Vtex, request: Request) -> Reply:
    """The answer to `/api/rnb/pvt/coupon`."""
    return json_reply([_coupon(vtex, code) for code in vtex.world.shop.promo_codes])


def coupon(vtex: Vtex, request: Request, code: str) -> Reply:
    """The answer to `/api/rnb/pvt/coupon/{code}`."""
    known = code in vtex.world.shop.promo_codes
    return json_reply(_coupon(vtex, code)) if known else Reply(404)


def promotion_list(vtex: Vtex, request: Request) -> Reply:
    """The answer to `/api/rnb/pvt/benefits/calculatorconfiguration`."""
    names = {-1: "Desconto automático"} | {
        at: f"Desconto {code}" for at, code in enumerate(vtex.world.shop.promo_codes)
    }
    items = [_promotion(vtex, at, name) for at, name in names.items()]
    limits = {"activesCount": len(items), "limit": 100}
    return json_reply({"limitConfiguration": limits, "items": items, "disabledItems": [],
                       "archivedItems": []})  # fmt: skip


def _coupon(vtex: Vtex, code: str) -> dict[str, Any]:
    return {
        "lastModifiedUtc": zulu(reach_us(vtex)),
        "utmSource": code.lower(),
        "utmCampaign": None,
        "couponCode": code,
        "isArchived": False,
        "maxItemsPerClient": 1,
        "expirationIntervalPerUse": "00:00:00",
        "maxUsage": None,
    }


def _promotion(vtex: Vtex, position: int, name: str) -> dict[str, Any]:
    codes = vtex.world.shop.promo_codes
    return {
        "idCalculatorConfiguration": promotion_id(position),
        "name": name,
        "description": "",
        "type": "regular",
        "utmSource": codes[position].lower() if position >= 0 else None,
        "utmCampain": None,
        "status": "active",
        "isActive": True,
        "isArchived": False,
        "beginDateUtc": zulu(reach_us(vtex)),
        "endDateUtc": None,
    }
