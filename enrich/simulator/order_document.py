"""One order as `Get order` writes it, made from the book for one moment."""

from __future__ import annotations

from typing import Any

from enrich.simulator import book as flag
from enrich.simulator import words
from enrich.simulator.book import Event
from enrich.simulator.client_data import alias_of, client_profile_data
from enrich.simulator.flow import (
    change_cents_at,
    events_at,
    last_change_at,
    refunds_at,
    removed_lines,
    status_at,
    value_at,
)
from enrich.simulator.moments import known, seven_digits
from enrich.simulator.order_lines import (
    coupons,
    discount_cents,
    is_chain,
    item_metadata,
    render_items,
    seller_of,
    service_cents,
    used_promotions,
)
from enrich.simulator.shop import promotion_id
from enrich.simulator.world import World

STATUS_TEXTS = {
    "invoiced": "Faturado", "canceled": "Cancelado", "handling": "Preparando Entrega",
    "payment-pending": "Pagamento Pendente", "payment-approved": "Pagamento Aprovado",
    "ready-for-handling": "Pronto para o Manuseio", "request-cancel": "Cancelamento Solicitado",
}  # fmt: skip
_MARKET_ZONES = {"USA": ("UTC", 1033), "BRA": ("E. South America Standard Time", 1046)}


def render_order(world: World, order: int, at_us: int) -> dict[str, Any]:
    """The full document of one order as of a moment."""
    items = render_items(world, order)
    return (
        _head(world, order, at_us)
        | _moments(world, order, at_us)
        | _money(world, order, at_us, items)
        | {
            "clientProfileData": client_profile_data(world, order),
            "items": items,
            "itemMetadata": item_metadata(world, order),
            "marketplaceItems": [],
            "marketingData": _marketing(world, order),
            "ratesAndBenefitsData": _benefits(world, order),
            "packageAttachment": {"packages": _packages(world, order, at_us, items)},
            "changesAttachment": _changes(world, order, at_us),
        }
        | _cancellation(world, order, at_us)
        | _surroundings(world, order)
    )


def origin_of(world: World, order: int) -> tuple[str, str]:
    """Where the order was sold: VTEX's `origin` and `affiliateId`."""
    if world.book.flags[order] & flag.MARKETPLACE:
        origin = "Chain" if is_chain(world, order) else "Fulfillment"
        return origin, world.book.order_id[order].partition("-")[0]
    return "Marketplace", ""


def _head(world: World, order: int, at_us: int) -> dict[str, Any]:
    book = world.book
    order_id, flags = book.order_id[order], book.flags[order]
    origin, affiliate = origin_of(world, order)
    status = status_at(book, order, at_us)
    return {
        "orderId": order_id,
        "sequence": str(500_001 + order),
        "marketplaceOrderId": book.group(order) if affiliate else "",
        "marketplaceServicesEndpoint": "http://oms.example.com/api/oms",
        "sellerOrderId": f"00-{order_id}",
        "origin": origin,
        "affiliateId": affiliate,
        "salesChannel": world.shop.channels[book.channel[order]].channel_id,
        "merchantName": None,
        "status": status,
        "workflowIsInError": False,
        "statusDescription": STATUS_TEXTS.get(status or ""),
        "orderGroup": None if flags & flag.NO_GROUP else book.group(order),
        "followUpEmail": alias_of(world, order),
        "lastMessage": None,
        "hostname": world.shop.name,
        "isCompleted": not flags & flag.INCOMPLETE,
        "roundingError": 0,
        "orderFormId": f"{order:032x}",
        "allowCancellation": status not in ("invoiced", "canceled"),
        "allowEdition": False,
        "isCheckedIn": False,
        "checkedInPickupPointId": None,
    }


def _moments(world: World, order: int, at_us: int) -> dict[str, Any]:
    book = world.book
    return {
        "creationDate": seven_digits(book.created[order]),
        "lastChange": seven_digits(last_change_at(book, order, at_us)),
        "authorizedDate": seven_digits(known(book.authorized[order], at_us)),
        "invoicedDate": seven_digits(known(book.invoiced[order], at_us)),
    }


def _money(world: World, order: int, at_us: int, items: list[dict[str, Any]]) -> dict[str, Any]:
    """`value` and the totals that add up to it; what is neither goods nor discount is shipping."""
    book = world.book
    discount = discount_cents(world, order)
    sold = sum(item["price"] * item["quantity"] for item in items) + service_cents(world, order)
    change, value = change_cents_at(book, order, at_us), value_at(book, order, at_us)
    shipping = book.value[order] - sold + discount
    totals = {"Items": sold, "Discounts": -discount, "Shipping": shipping, "Tax": 0}
    totals |= {"Change": change} if _changes(world, order, at_us) else {}
    return {
        "value": value,
        "totals": [
            {"id": name, "name": f"Total {name}", "value": cents} for name, cents in totals.items()
        ],
    }


def typed_code(world: World, order: int) -> str | None:
    """The one promo code as it was typed: now and then in small letters, or with a blank behind."""
    promo, flags = world.book.promo[order], world.book.flags[order]
    if len(coupons(world, order)) > 1:
        return None
    if flags & flag.AS_TYPED:
        return None if promo < 0 else world.shop.promo_codes[promo]
    if promo < 0:
        return (None, "", " ")[order % 31] if order % 31 < 3 else None
    code = world.shop.promo_codes[promo]
    return {0: code.lower(), 1: f"{code} "}.get(order % 20, code)


def _marketing(world: World, order: int) -> dict[str, Any] | None:
    """None without anything in it, and with several promo codes, when VTEX forgets it."""
    coupon = typed_code(world, order)
    if coupon is None:
        return None
    campaign = ("spring", None, "vip")[order % 3]
    return {
        "id": "marketingData", "coupon": coupon, "utmSource": "news", "utmPartner": None,
        "utmMedium": "email", "utmCampaign": campaign, "utmiCampaign": "", "utmipage": "",
        "utmiPart": "", "marketingTags": [None] if order % 7 == 0 else [],
    }  # fmt: skip


def _benefits(world: World, order: int) -> dict[str, Any]:
    return {
        "id": "ratesAndBenefitsData",
        "rateAndBenefitsIdentifiers": [
            _benefit(world, promotion) for promotion in used_promotions(world, order)
        ],
    }


def _benefit(world: World, promotion: int) -> dict[str, Any]:
    code = world.shop.promo_codes[promotion] if promotion >= 0 else None
    return {
        "id": promotion_id(promotion),
        "name": f"Desconto {code}" if code else "Desconto automático",
        "description": None,
        "featured": False,
        "matchedParameters": {"couponCode@Marketing": code} if code else {},
        "additionalInfo": None,
    }


def _packages(
    world: World, order: int, at_us: int, items: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    book = world.book
    packages = []
    if book.invoiced[order] <= at_us:
        packages.append(_output_package(world, order, at_us, items))
    for refund in refunds_at(book, order, at_us):
        receipts = 2 if book.flags[order] & flag.DOUBLE_RECEIPT else 1
        packages += [_input_package(refund, items)] * receipts
    return packages


def _output_package(
    world: World, order: int, at_us: int, items: list[dict[str, Any]]
) -> dict[str, Any]:
    removed = removed_lines(world.book, order, at_us)
    return {
        "type": "Output",
        "invoiceNumber": str(order + 1),
        "invoiceValue": value_at(world.book, order, at_us),
        "issuanceDate": seven_digits(world.book.invoiced[order]),
        "items": [
            {"itemIndex": at, "quantity": item["quantity"], "price": item["sellingPrice"]}
            for at, item in enumerate(items)
            if at not in removed
        ],
        "courier": None,
        "trackingNumber": None,
        "restitutions": {},
    }


def _input_package(refund: Event, items: list[dict[str, Any]]) -> dict[str, Any]:
    back = items[:1] if refund.line >= 0 else []
    return {
        "type": "Input",
        "invoiceNumber": refund.receipt,
        "invoiceValue": refund.cents,
        "issuanceDate": seven_digits(refund.at_us),
        "items": [{"itemIndex": 0, "quantity": 1, "price": item["sellingPrice"]} for item in back],
        "restitutions": {
            "Refund": {
                "value": refund.cents,
                "giftCardData": None,
                "items": [
                    {"useFreight": False, "id": item["id"], "quantity": 1, "price": refund.cents,
                     "description": "troca"}
                    for item in back
                ],
            }
        },
    }  # fmt: skip


def _changes(world: World, order: int, at_us: int) -> dict[str, Any] | None:
    """What changes (v1) took out or put in; the items stay as they were ordered."""
    kinds = {"remove": _removal, "add": _addition}
    changes = [event for event in events_at(world.book, order, at_us) if event.kind in kinds]
    if not changes:
        return None
    data = [
        {"reason": "sem estoque", "receipt": {"date": seven_digits(event.at_us)}}
        | kinds[event.kind](world, order, event)
        for event in changes
    ]
    return {"id": "changeAttachment", "changesData": data}


def _removal(world: World, order: int, event: Event) -> dict[str, Any]:
    book = world.book
    line = book.lines(order)[event.line]
    sku, quantity = world.shop.skus[book.sku[line]], book.quantity[line]
    item = {"id": sku.sku_id, "name": sku.name, "quantity": quantity,
            "price": event.cents // max(quantity, 1), "unitMultiplier": None}  # fmt: skip
    return {"discountValue": event.cents, "incrementValue": 0, "itemsAdded": [],
            "itemsRemoved": [item]}  # fmt: skip


def _addition(world: World, order: int, event: Event) -> dict[str, Any]:
    sku = world.shop.skus[event.line]
    item = {"id": sku.sku_id, "name": sku.name, "quantity": 1, "price": event.cents,
            "unitMultiplier": None}  # fmt: skip
    return {"discountValue": 0, "incrementValue": event.cents, "itemsAdded": [item],
            "itemsRemoved": []}  # fmt: skip


def _cancellation(world: World, order: int, at_us: int) -> dict[str, Any]:
    ends = [event for event in events_at(world.book, order, at_us) if event.kind == "cancel"]
    if not ends:
        return {"cancelReason": None, "cancellationData": None}
    return {
        "cancelReason": "desistência",
        "cancellationData": {
            "RequestedByUser": True, "RequestedBySystem": False,
            "RequestedBySellerNotification": False, "RequestedByPaymentNotification": False,
            "Reason": "desistência", "CancellationDate": seven_digits(ends[0].at_us),
        },
    }  # fmt: skip


def _surroundings(world: World, order: int) -> dict[str, Any]:
    """Parts a customer profile does not need, as plausible as they must be."""
    shop, book = world.shop, world.book
    channel = shop.channels[book.channel[order]]
    zone, locale_number = _MARKET_ZONES.get(channel.country, (shop.windows_zone, 1033))
    method, group = words.PAYMENTS[order % len(words.PAYMENTS)]
    city, state, postal_code = words.CITIES[order % len(words.CITIES)]
    return {
        "sellers": [{"id": seller_of(world, order), "name": shop.name, "logo": "",
                     "fulfillmentEndpoint": f"http://fulfillment.example.com/api?an={shop.name}"}],
        "clientPreferencesData": {
            "locale": shop.locale, "optinNewsLetter": bool(book.flags[order] & flag.OPT_IN)},
        "storePreferencesData": {
            "countryCode": channel.country, "currencyCode": channel.currency,
            "currencyFormatInfo": {
                "CurrencyDecimalDigits": 2, "CurrencyDecimalSeparator": ",",
                "CurrencyGroupSeparator": ".", "CurrencyGroupSize": 3,
                "StartsWithCurrencySymbol": True},
            "currencyLocale": locale_number, "currencySymbol": channel.symbol, "timeZone": zone},
        "shippingData": {
            # An invented house and receiver: a client that keeps them has a leak to find.
            "address": {
                "addressType": "residential", "receiverName": "SIMULATED RECEIVER",
                "addressId": f"A{order:X}", "postalCode": postal_code, "city": city,
                "state": state, "country": channel.country, "neighborhood": "SIMULATED QUARTER",
                "street": words.STREETS[order % len(words.STREETS)],
                "number": str(order % 900 + 1), "complement": "SIMULATED FLAT", "reference": None,
                "geoCoordinates": [-46.6, -23.5]},
            "logisticsInfo": [_delivery(order, at) for at in range(len(book.lines(order)))],
            "contactInformation": []},
        "paymentData": {"giftCards": [], "transactions": [{
            "isActive": True, "transactionId": f"T{order:X}", "merchantName": shop.name,
            "payments": [{
                "id": f"P{order:X}", "paymentSystem": "6", "paymentSystemName": method,
                "value": book.value[order], "installments": order % 4 + 1, "group": group,
                # Invented card fields: a client that keeps them has a leak to find.
                "firstDigits": "400000", "lastDigits": "0000", "cardHolder": "SIMULATED"}]}]},
        "giftRegistryData": None, "subscriptionData": None, "openTextField": None,
        "customData": None, "invoiceData": None, "marketplace": None,
    }  # fmt: skip


def _delivery(order: int, at: int) -> dict[str, Any]:
    is_pickup = order % 7 == 3
    return {
        "itemIndex": at, "selectedSla": "Retirada" if is_pickup else "Normal",
        "selectedDeliveryChannel": "pickup-in-point" if is_pickup else "delivery",
        "deliveryChannel": "pickup-in-point" if is_pickup else "delivery",
        "pickupPointId": "1_centro" if is_pickup else None, "deliveryCompany": None,
        "shippingEstimate": "3bd", "price": 0, "sellingPrice": 0,
    }  # fmt: skip


def payment_name(order: int) -> str:
    """The payment as the order list names it."""
    return words.PAYMENTS[order % len(words.PAYMENTS)][0]
