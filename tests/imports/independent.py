"""The slow, obvious computation of customer results from the raw Online Retail lines.

Plain Python on purpose: no polars, nothing of the project. The pipeline must agree with it, both
when the orders come by file and when they come through the API. Rules: one invoice is one purchase
at its earliest line; an invoice starting with C is a refund that names no purchase and reduces the
customer's newest purchases not later than itself, in turn and never below 0; invoices starting with
A are no sales; service lines count in the amount and in nothing else.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Profile = dict[str, Any]

SERVICE_CODES = {
    *("AMAZONFEE", "B", "BANK CHARGES", "C2", "CRUK", "D", "DOT", "M", "PADS", "POST", "S"),
    *("GIFT_0001_10", "GIFT_0001_20", "GIFT_0001_30", "GIFT_0001_40", "GIFT_0001_50"),
}
WINDOWS = ("30d", "60d", "90d", "180d", "360d", "360d_plus", "lifetime")
GROUPS = {1: "BEGINNERS", 2: "FREQUENT", 3: "FREQUENT", 4: "LOYAL", 5: "LOYAL"}
SEGMENTS = {
    "BEGINNERS": ("LOSE_IT", "AT_RISK", "NEEDS_ATTENTION", "NEW", "PROMISING"),
    "FREQUENT": ("HIBERNATING", "AT_RISK", "NEEDS_ATTENTION", "ACTIVE", "POTENTIAL_LOYAL"),
    "LOYAL": ("HIBERNATING", "CANT_LOSE", "NEEDS_ATTENTION", "ACTIVE", "CHAMPIONS"),
}


@dataclass
class Invoice:
    """One invoice; `cents` is what is left of a sale after refunds, or what a refund still owes."""

    number: str
    customer_id: str | None
    moment: datetime
    cents: int = 0
    units: int = 0
    products: set[str] = field(default_factory=set)


def read_rows(path: Path) -> Iterator[Row]:
    """The lines of a CSV extract of the data set."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def compute(transactions_rows: Iterable[Row], as_of: date) -> dict[str, Profile]:
    """The profile fields of every identified customer on that day; amounts in pounds (Decimal)."""
    invoices = _invoices(transactions_rows)
    sales: dict[str, list[Invoice]] = {}
    for customer_id, own in _by_customer(invoices).items():
        sales[customer_id] = [invoice for invoice in own if not invoice.number.startswith("C")]
        _refund(sales[customer_id], [each for each in own if each.number.startswith("C")])
    known = {
        customer_id: [invoice for invoice in own if invoice.moment.date() <= as_of]
        for customer_id, own in sales.items()
    }
    profiles = {customer_id: _profile(own, as_of) for customer_id, own in known.items()}
    for window in WINDOWS:
        _score(profiles, known, as_of, window)
    for profile in profiles.values():
        _name_segment(profile)
    return profiles


def unmatched_refund_cents(transactions_rows: Iterable[Row]) -> int:
    """What is left of the refunds of identified customers when no purchase is left to reduce."""
    total = 0
    for own in _by_customer(_invoices(transactions_rows)).values():
        refunds = [invoice for invoice in own if invoice.number.startswith("C")]
        _refund([invoice for invoice in own if not invoice.number.startswith("C")], refunds)
        total += sum(refund.cents for refund in refunds)
    return total


def _invoices(rows: Iterable[Row]) -> list[Invoice]:
    invoices: dict[str, Invoice] = {}
    for row in rows:
        number = str(row["InvoiceNo"]).strip()
        moment = _moment(row["InvoiceDate"])
        invoice = invoices.setdefault(number, Invoice(number, _customer(row["CustomerID"]), moment))
        invoice.moment = min(invoice.moment, moment)
        quantity = int(row["Quantity"])
        exact = quantity * Decimal(str(row["UnitPrice"])) * 100
        invoice.cents += int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        if quantity > 0 and str(row["StockCode"]).strip().upper() not in SERVICE_CODES:
            invoice.units += quantity
            if (row["Description"] or "").strip():
                invoice.products.add(row["Description"].strip())
    return list(invoices.values())


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _customer(value: Any) -> str | None:
    return str(int(float(value))) if value not in (None, "") else None


def _by_customer(invoices: list[Invoice]) -> dict[str, list[Invoice]]:
    """The invoices of identified customers, oldest first; equal moments by number."""
    found: dict[str, list[Invoice]] = {}
    for invoice in sorted(invoices, key=lambda each: (each.moment, each.number)):
        if invoice.customer_id is not None and not invoice.number.startswith("A"):
            found.setdefault(invoice.customer_id, []).append(invoice)
    return found


def _refund(sales: list[Invoice], refunds: list[Invoice]) -> None:
    """Takes every refund, oldest first, from the newest sale not later than it, then the next."""
    for refund in refunds:
        refund.cents = -refund.cents
        for sale in reversed(sales):
            if sale.moment <= refund.moment:
                taken = min(sale.cents, refund.cents)
                sale.cents -= taken
                refund.cents -= taken


def _is_in(window: str, invoice: Invoice, as_of: date) -> bool:
    age = (as_of - invoice.moment.date()).days
    if window == "lifetime":
        return True
    if window == "360d_plus":
        return age > 360
    return age <= int(window.removesuffix("d"))


def _profile(sales: list[Invoice], as_of: date) -> Profile:
    profile: Profile = {}
    for window in WINDOWS:
        within = [invoice for invoice in sales if _is_in(window, invoice, as_of)]
        amount = sum(invoice.cents for invoice in within)
        profile[f"orders_{window}"] = len(within)
        profile[f"items_{window}"] = sum(invoice.units for invoice in within)
        profile[f"amount_{window}"] = _pounds(amount)
        profile[f"avg_amount_{window}"] = _average(amount, len(within))
        profile[f"products_{window}"] = sorted(set().union(*(each.products for each in within)))
        for empty in ("categories", "brands", "promo_codes", "applied_promo_codes"):
            profile[f"{empty}_{window}"] = []
    return profile | _first_and_last(sales, as_of)


def _first_and_last(sales: list[Invoice], as_of: date) -> Profile:
    first_on = sales[0].moment.date() if sales else None
    last_on = sales[-1].moment.date() if sales else None
    return {
        "first_purchase_date": first_on,
        "last_purchase_date": last_on,
        "days_since_first_purchase": (as_of - first_on).days if first_on else None,
        "days_since_last_purchase": (as_of - last_on).days if last_on else None,
        "last_purchase_amount": _pounds(sales[-1].cents) if sales else None,
        "last_purchase_brands": [],
        "last_purchase_categories": [],
        "last_purchase_promo_codes": [],
    }


def _pounds(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _average(cents: int, count: int) -> Decimal | None:
    if count == 0:
        return None
    return (_pounds(cents) / count).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _score(
    profiles: dict[str, Profile], sales: dict[str, list[Invoice]], as_of: date, window: str
) -> None:
    """Writes `rfm_*` of one window, and of the lifetime the three scores too."""
    within = {
        customer_id: [invoice for invoice in own if _is_in(window, invoice, as_of)]
        for customer_id, own in sales.items()
    }
    buyers = {customer_id: own for customer_id, own in within.items() if own}
    # higher is better: a later last day, a higher amount
    recency = _fifths({each: own[-1].moment.date().toordinal() for each, own in buyers.items()})
    frequency = _frequency({each: len(own) for each, own in buyers.items()})
    monetary = _fifths({each: sum(one.cents for one in own) for each, own in buyers.items()})
    for customer_id, profile in profiles.items():
        scores = [score.get(customer_id) for score in (recency, frequency, monetary)]
        is_buyer = customer_id in buyers
        profile[f"rfm_{window}"] = "".join(map(str, scores)) if is_buyer else None
        if window == "lifetime":
            profile["r_score"], profile["f_score"], profile["m_score"] = scores


def _fifths(values: dict[str, int]) -> dict[str, int]:
    counts: dict[int, int] = {}
    for value in values.values():
        counts[value] = counts.get(value, 0) + 1
    score, worse = {}, 0
    for value in sorted(counts):
        score[value] = 1 + 5 * (2 * worse + counts[value]) // (2 * len(values))
        worse += counts[value]
    return {customer_id: score[value] for customer_id, value in values.items()}


def _frequency(counts: dict[str, int]) -> dict[str, int]:
    repeat = sorted(count for count in counts.values() if count > 1)
    score = {1: 1}
    before: int | None = None
    for count in sorted(set(repeat)):
        fewer = sum(1 for other in repeat if other < count)
        before = 2 if before is None else min(before + 1, 2 + 4 * fewer // len(repeat))
        score[count] = before
    return {customer_id: score[count] for customer_id, count in counts.items()}


def _name_segment(profile: Profile) -> None:
    recency, frequency, monetary = profile["r_score"], profile["f_score"], profile["m_score"]
    if frequency is None:
        profile["rfm_group"] = profile["rfm_segment"] = "PROSPECTS"
        return
    group = GROUPS[frequency]
    low_or_high = (3 if recency >= 4 else 0) + (1 if monetary >= 4 else 0)
    place = 2 if recency == 3 else low_or_high
    profile["rfm_group"] = group
    profile["rfm_segment"] = f"{group}_{SEGMENTS[group][place]}"
