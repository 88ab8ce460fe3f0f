"""The customer documents (CL) and addresses (AD) of Master Data, as two polars frames."""

from __future__ import annotations

from typing import Any

import polars as pl

from enrich.simulator.chance import picks, units
from enrich.simulator.moments import DAY, MINUTE, NEVER, zulu
from enrich.simulator.people import guid
from enrich.simulator.sales import SalesPlan
from enrich.simulator.shop import Shop

DATE_FIELDS = ("createdIn", "updatedIn", "lastInteractionIn", "rclastsessiondate")
CART_FIELDS = ("rclastcart", "rclastcartvalue", "rclastsession", "rclastsessiondate")
TEXT_FIELDS = ("id", "userId", "email", "firstName", "lastName", "document", "documentType",
               "phone", "homePhone", "birthDate", "gender", "localeDefault")  # fmt: skip
CONTACT_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(TEXT_FIELDS, pl.String),
    "isNewsletterOptIn": pl.Boolean, "acceptsAds": pl.Boolean, "isCorporate": pl.Boolean,
    "created": pl.Int64, "updated": pl.Int64, "cart_at": pl.Int64,
    "rclastcart": pl.String, "rclastcartvalue": pl.Float64, "finished": pl.Boolean,
}  # fmt: skip
"""Columns of the contacts: VTEX's names, and the moments a document changes (us or `NEVER`)."""


def build_contacts(
    plan: SalesPlan, shop: Shop, people: pl.DataFrame, orders: pl.DataFrame
) -> pl.DataFrame:
    """CL documents: one per known person, doubles in other letter case, and newsletter readers."""
    known = _with_moments(plan, _known(plan.seed, people), orders)
    doubles = _doubles(plan.seed, known)
    readers = _with_moments(plan, _readers(plan.seed, people.height // 10), orders.clear())
    every = pl.concat([known, doubles, readers], how="diagonal_relaxed")
    numbered = every.with_columns(id=guid(plan.seed, "contact", pl.int_range(pl.len())))
    return _with_carts(plan, shop, numbered).select(
        pl.col(name).cast(kind) for name, kind in CONTACT_SCHEMA.items()
    )


def _known(seed: int, people: pl.DataFrame) -> pl.DataFrame:
    """`acceptsAds` is a field of the shop's own: half agreed, a fifth refused, others not asked."""
    asked = units(seed, "ads")
    return people.filter("has_contact").select(
        "person",
        "email",
        "document",
        userId="user_id",
        firstName="first_name",
        lastName="last_name",
        documentType=pl.lit("cpf"),
        phone=pl.lit(None, dtype=pl.String),
        homePhone="phone",
        birthDate=pl.col("birth_date").dt.strftime("%Y-%m-%dT00:00:00Z"),
        gender="gender",
        localeDefault=pl.lit("pt-BR"),
        isNewsletterOptIn="opt_in",
        acceptsAds=pl.when(asked < 0.7).then(asked < 0.5),
        isCorporate=pl.lit(False),
    )


def _readers(seed: int, count: int) -> pl.DataFrame:
    rows = pl.DataFrame({"person": pl.int_range(-count, 0, eager=True)})
    return rows.with_columns(
        email=pl.format("reader.{}@example.com", -pl.col("person")),
        isNewsletterOptIn=pl.lit(True),
        localeDefault=pl.lit("es-AR"),
    )


def _with_moments(plan: SalesPlan, contacts: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """A contact exists shortly before its first order, or from some day when it never ordered."""
    first = (
        orders.filter(pl.col("person") >= 0).group_by("person").agg(first=pl.col("created").min())
    )
    length = plan.end_us - plan.start_us
    someday = plan.start_us + (units(plan.seed, "someday") * length).cast(pl.Int64)
    return (
        contacts.join(first, on="person", how="left", maintain_order="left")
        .with_columns(created=pl.coalesce(pl.col("first") - 5 * MINUTE, someday))
        .with_columns(
            updated=pl.when(units(plan.seed, "updated") < 0.3)
            .then(pl.col("created") + (units(plan.seed, "update day") * 700 * DAY).cast(pl.Int64))
            .otherwise(NEVER)
        )
        .drop("first")
    )


def _doubles(seed: int, known: pl.DataFrame) -> pl.DataFrame:
    """A second document of 2 in 100 people: half with the id in capitals, half without one."""
    chosen = known.filter(units(seed, "double") < 0.02)
    upper = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.col("userId").str.to_uppercase())
    return chosen.with_columns(
        userId=upper,
        email=pl.col("email").str.to_titlecase(),
        created=pl.col("created") + 30 * DAY,
        updated=NEVER,
    )


def _with_carts(plan: SalesPlan, shop: Shop, contacts: pl.DataFrame) -> pl.DataFrame:
    """One in eight left a cart behind; a quarter of those came back and finished."""
    skus = pl.DataFrame(
        {"sku": [sku.sku_id for sku in shop.skus], "cents": [sku.price_cents for sku in shop.skus]}
    )
    seed = plan.seed
    return (
        contacts.with_columns(
            has_cart=(units(seed, "cart") < 0.125) & pl.col("userId").is_not_null(),
            cart_sku=pl.lit(skus["sku"]).gather(picks(seed, "cart sku", skus.height)),
            cents=pl.lit(skus["cents"]).gather(picks(seed, "cart sku", skus.height)),
            finished=units(seed, "cart done") < 0.25,
            left_at=pl.col("created") + (units(seed, "cart day") * 400 * DAY).cast(pl.Int64),
        )
        .with_columns(
            cart_at=pl.when("has_cart").then("left_at").otherwise(NEVER),
            rclastcart=pl.when("has_cart").then(
                pl.format("add?sku={}&qty=1&seller=1&sc=1", "cart_sku")
            ),
            rclastcartvalue=pl.when("has_cart").then(pl.col("cents") / 100),
        )
    )  # fmt: skip


def contacts_at(contacts: pl.DataFrame, at_us: int) -> pl.DataFrame:
    """The documents that exist at this moment, with VTEX's date fields in microseconds.

    A `row` column keeps the position; what has not happened yet is null.
    """
    return (
        contacts.with_row_index("row")
        .filter(pl.col("created") <= at_us)
        .with_columns(
            createdIn="created",
            updatedIn=_come("updated", at_us),
            rclastsessiondate=_come("cart_at", at_us),
        )
        .with_columns(
            lastInteractionIn=pl.max_horizontal("createdIn", "updatedIn", "rclastsessiondate"),
            rclastcart=pl.when(pl.col("rclastsessiondate").is_not_null()).then("rclastcart"),
            rclastcartvalue=pl.when(pl.col("rclastsessiondate").is_not_null()).then(
                "rclastcartvalue"
            ),
        )
    )


def _come(column: str, at_us: int) -> pl.Expr:
    return pl.when(pl.col(column) <= at_us).then(pl.col(column))


def contact_documents(view: pl.DataFrame, account: str) -> list[dict[str, Any]]:
    """The JSON documents of rows of `contacts_at`."""
    return [_contact_document(row, account) for row in view.iter_rows(named=True)]


def _contact_document(row: dict[str, Any], account: str) -> dict[str, Any]:
    document = {name: row[name] for name in TEXT_FIELDS}
    for name in DATE_FIELDS:
        document[name] = zulu(row[name])
    cart_at = row["rclastsessiondate"]
    return document | {
        "isNewsletterOptIn": row["isNewsletterOptIn"],
        "acceptsAds": row["acceptsAds"],
        "isCorporate": row["isCorporate"],
        "rclastcart": row["rclastcart"],
        "rclastcartvalue": row["rclastcartvalue"],
        "rclastsession": None if cart_at is None else f"s-{row['row']}",
        "checkouttag": None if cart_at is None else _checkout_tag(cart_at, bool(row["finished"])),
        "accountId": f"account-{account}",
        "accountName": account,
        "dataEntityId": "CL",
        "createdBy": "checkout",
        "updatedBy": None,
        "followers": [],
        "tags": [],
    }


def _checkout_tag(cart_at_us: int, finished: bool) -> dict[str, Any]:
    steps = ["Carrinho", "DadosPessoais", "Finalizado"] if finished else ["Carrinho"]
    stamp = {"Date": zulu(cart_at_us), "Until": zulu(cart_at_us + 30 * DAY)}
    return {
        "DisplayValue": steps[-1],
        "Scores": {step: [{"Point": float(at), **stamp}] for at, step in enumerate(steps, 1)},
    }


def address_document(contact: dict[str, Any], account: str) -> dict[str, Any]:
    """The AD document of a CL document; its `userId` is the id of that document."""
    number = int(contact["id"].replace("-", "")[-6:] or "0", 16) if _is_guid(contact["id"]) else 0
    return {
        "id": f"ad-{contact['id']}",
        "userId": contact["id"],
        "addressName": "casa",
        "addressType": "residential",
        "receiverName": contact["firstName"],
        "street": "Rua das Palmeiras",
        "number": str(number % 900 + 1),
        "complement": None,
        "neighborhood": "Centro",
        "city": "São Paulo",
        "state": "SP",
        "country": "BRA",
        "postalCode": "01000-000",
        "reference": None,
        "geoCoordinate": None,
        "createdIn": contact["createdIn"],
        "updatedIn": contact["updatedIn"],
        "lastInteractionIn": contact["lastInteractionIn"],
        "accountName": account,
        "dataEntityId": "AD",
    }


def _is_guid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4
