"""A stand-in for Connectif: contacts, products, purchases, files both ways; 100 calls a minute."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import urlsplit

from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.platforms.account import Account, Platform
from enrich.simulator.platforms.newsletter import exported, set_status

MAX_QUEUED_IMPORTS = 10
MAX_QUEUED_EXPORTS = 5
EXPORT_SECONDS = 100 * 60
MAX_FILE_BYTES = 50 * 1024 * 1024
REPORT, EXPORTED = "/reports/", "/exported/"
STATUS = "_newsletterSubscriptionStatus"
COUPON_SETS = "coupon-sets"
NEEDED_OF_PURCHASE = (
    "purchaseId",
    "cartId",
    "contactEmail",
    "purchaseDate",
    "totalPrice",
    "totalQuantity",
    "products",
)
NEEDED_OF_LINE = ("productId", "name", "productDetailUrl", "unitPrice", "price", "quantity")
NEEDED_OF_PRODUCT = ("productDetailUrl", "productId", "name", "unitPrice")
OF_PRODUCT = {
    *("name", "productDetailUrl", "availability", "brand", "categories", "tags", "description"),
    *("imageUrl", "thumbnailUrl", "inStockUnits", "unitPrice", "unitPriceOriginal"),
    *("unitPriceWithoutVAT", "discountedAmount", "discountedPercentage", "customField1"),
    *("customField2", "customField3", "priority", "isBlacklisted", "publishedAt", "rating"),
    *("ratingCount", "reviewCount", "relatedExternalProductIds"),
}


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; a wrong key gets a 401 without a body."""
    head, _, rest = request.path.removeprefix("/").partition("/")
    if request.path.startswith(REPORT):
        return _report(account, rest)
    if request.path.startswith(EXPORTED):
        return _exported_file(account, *rest.split("/"))
    if not request.headers.get("authorization", "").startswith("apiKey "):
        return Reply(401)
    if head in account.denied:
        return json_reply({"status": 403, "title": "Forbidden"}, 403)
    routes: Mapping[str, Callable[[], Reply]] = {
        "contacts": lambda: _contact(account, request, rest.removeprefix("email/")),
        "products": lambda: _product(account, request, rest.removeprefix("product-id/")),
        "purchases": lambda: _purchase(account, request, rest.removeprefix("purchase-id/")),
        "imports": lambda: _imports(account, request, rest),
        "exports": lambda: _exports(account, request, rest),
        COUPON_SETS: lambda: _coupon_sets(account, request),
    }
    return routes[head]() if head in routes else _not_found()


def _not_found() -> Reply:
    return json_reply({"status": 404, "title": "Not Found"}, 404)


def _wrong(code: str, **extras: Any) -> Reply:
    return json_reply({"status": 400, "title": "Bad Request", "code": code, **extras}, 400)


def _invalid(paths: Iterable[str], reason: str) -> Reply:
    reasons = [{"path": path, "reason": reason} for path in paths]
    body = {"status": 422, "detail": "validation failed", "validationErrors": reasons}
    return json_reply(body, 422)


def _contact(account: Account, request: Request, email: str) -> Reply:
    if request.method == "DELETE":
        return Reply(204 if account.contacts.pop(email, None) is not None else 404)
    if request.method == "GET":
        found = account.contacts.get(email)
        return Reply(404) if found is None else json_reply({"_email": email, **found})
    values = request.json()
    unknown = [name for name in values if _is_unknown(account, name)]
    if email in account.refused or unknown:
        return _invalid(unknown, "unknown")
    _keep_contact(account, email, values)
    return json_reply({"_email": email})


def _keep_contact(account: Account, email: str, values: Mapping[str, Any]) -> None:
    account.keep(email, values)
    if values.get(STATUS):
        set_status(account, email, values[STATUS])


def _is_unknown(account: Account, name: str) -> bool:
    return account.known_fields is not None and name not in account.known_fields


def _product(account: Account, request: Request, product_id: str) -> Reply:
    products = account.table("products")
    if request.method == "GET":
        return json_reply(products[product_id]) if product_id in products else _not_found()
    values = request.json()
    unknown = set(values) - OF_PRODUCT
    if product_id in account.refused or unknown:
        return _invalid(sorted(unknown), "unknown")
    foreign = _foreign(account, [values])
    if foreign:
        return _wrong("E0201", productIds=[product_id], allowedDomains=sorted(account.domains))
    products[product_id] = {**products.get(product_id, {}), "productId": product_id, **values}
    return json_reply(products[product_id])


def _foreign(account: Account, products: list[dict[str, Any]]) -> list[str]:
    """The products whose page is on no domain of the account."""
    return [
        str(one.get("productId"))
        for one in products
        if account.domains
        and urlsplit(str(one.get("productDetailUrl"))).hostname not in account.domains
    ]


def _purchase(account: Account, request: Request, purchase_id: str) -> Reply:
    purchases = account.table("purchases")
    if request.method == "GET":
        found = purchases.get(purchase_id)
        return _not_found() if found is None else json_reply(found["body"])
    body = request.json()
    problem = _problem_of(account, body)
    if problem is not None:
        return problem
    kept = purchases.setdefault(body["purchaseId"], {"count": 0, "triggered": 0})
    kept["body"] = body
    kept["count"] += 1  # nothing makes a repetition harmless
    kept["triggered"] += request.query.get("triggerPurchaseEvent", "true") == "true"
    return json_reply({"id": f"c-{body['purchaseId']}", **body})


def _problem_of(account: Account, body: dict[str, Any]) -> Reply | None:
    """Why a purchase is not taken: what is missing, unknown or on a foreign domain."""
    missing = [name for name in NEEDED_OF_PURCHASE if body.get(name) in (None, "", [])]
    missing += [
        f"products[{at}].{name}"
        for at, line in enumerate(body.get("products") or [])
        for name in NEEDED_OF_LINE
        if line.get(name) in (None, "")
    ]
    if body.get("purchaseId") in account.refused or missing:
        return _invalid(missing, "required")
    if body["contactEmail"] not in account.contacts:
        return _wrong("E0101")
    known = account.table("products")
    unknown = [line["productId"] for line in body["products"] if line["productId"] not in known]
    if unknown:
        return _wrong("E0102", productIds=unknown)
    foreign = _foreign(account, body["products"])
    if foreign:
        return _wrong("E0103", productIds=foreign, allowedDomains=sorted(account.domains))
    return None


def _coupon_sets(account: Account, request: Request) -> Reply:
    """Two sets a page; a page names the whole address of the next."""
    sets = list(account.table("coupon_sets").values())
    at = request.number("page", 0)
    is_last = at * 2 + 2 >= len(sets)
    following = None if is_last else f"https://{HOST}/{COUPON_SETS}/?page={at + 1}"
    return json_reply({"links": {"next": following}, "results": sets[at * 2 : at * 2 + 2]})


def _imports(account: Account, request: Request, job_id: str) -> Reply:
    if request.method == "POST" and not job_id:
        return _import(account, request)
    return (
        json_reply(_job(account, account.jobs[job_id])) if job_id in account.jobs else _not_found()
    )


def _import(account: Account, request: Request) -> Reply:
    if account.open_jobs() >= MAX_QUEUED_IMPORTS:
        return _wrong("E0401")
    if len(request.body) > MAX_FILE_BYTES:
        return json_reply({"status": 413}, 413)
    parts = _parts(request)
    if parts["overrideExisting"] != "true" or parts["updateOnlyEmptyFields"] != "false":
        raise RequestError("only imports that override")
    rows = list(csv.DictReader(io.StringIO(parts["file"]), delimiter=parts["delimiter"]))
    key, needed = _KEYS[parts["type"]]
    missing = [name for name in needed if rows and name not in rows[0]]
    if missing:
        return _invalid(missing, "missing")
    if parts["type"] == "coupons" and parts["couponSetId"] not in account.table("coupon_sets"):
        return _invalid(["couponSetId"], "unknown")
    refused = [row[key] for row in rows if not _taken(account, parts["type"], key, row)]
    job = account.new_job(total=len(rows), refused=refused, key=key)
    return json_reply({"id": job["id"], "status": "queued", "total": len(rows)}, 201)


_KEYS = {
    "contacts": ("_email", ("_email",)),
    "products": ("productId", NEEDED_OF_PRODUCT),
    "coupons": ("code", ("code",)),
}


def _taken(account: Account, kind: str, key: str, row: dict[str, str]) -> bool:
    """Whether one row of an import is kept; an empty cell changes nothing."""
    if row[key] in account.refused or _foreign(account, [row] if kind == "products" else []):
        return False
    values: dict[str, Any] = {name: value for name, value in row.items() if name != key and value}
    if kind == "contacts":
        _keep_contact(account, row[key], values)
        return True
    if kind == "products" and any(not row[name] for name in NEEDED_OF_PRODUCT):
        return False
    if "categories" in values:
        values = {**values, "categories": values["categories"].split("|")}
    account.table(kind)[row[key]] = {key: row[key], **values}
    return True


def _parts(request: Request) -> dict[str, str]:
    kind = request.headers["content-type"].encode()
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + kind + b"\r\n\r\n" + request.body
    )
    parts: list[Message] = list(message.iter_parts())
    return {
        str(part.get_param("name", header="content-disposition")): _text(part) for part in parts
    }


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode() if isinstance(content, bytes) else ""


def _job(account: Account, job: dict[str, Any]) -> dict[str, Any]:
    shown = {"id": job["id"], "type": "contacts", "total": job["total"], "status": "running"}
    if not account.is_done(job):
        return shown
    errors = len(job["refused"])
    done = {"status": "finished", "success": job["total"] - errors, "errors": errors}
    url = f"https://{HOST}{REPORT}{job['id']}" if errors else None
    return {**shown, **done, "errorReportFileUrl": url, "finishedAt": "2026-01-01T00:00:00Z"}


def _exports(account: Account, request: Request, export_id: str) -> Reply:
    if request.method == "GET":
        return _export(account, export_id) if export_id in account.jobs else _not_found()
    asked = request.json()
    if asked["exportType"] != "contacts" or asked["delimiter"] != ",":
        raise RequestError("only contacts, with commas")
    if sum("file" in job for job in _open(account)) >= MAX_QUEUED_EXPORTS:
        return _wrong("E0301")
    job = account.new_job(file=exported(account, asked.get("version", "v1")), links={})
    return json_reply({"id": job["id"], "status": "queued", "progress": 0, "fileUrl": None}, 201)


def _open(account: Account) -> list[dict[str, Any]]:
    return [job for job in account.jobs.values() if job["polls"] <= account.polls_until_done]


def _export(account: Account, export_id: str) -> Reply:
    """The state of an export; each time of asking makes a new address for its file."""
    job = account.jobs[export_id]
    if not account.is_done(job):
        return json_reply({"id": export_id, "status": "running", "progress": 50, "fileUrl": None})
    link = f"{len(job['links']) + 1}"
    job["links"][link] = account.seconds
    url = f"{account.url or f'https://{HOST}'}{EXPORTED}{export_id}/{link}"
    return json_reply({"id": export_id, "status": "finished", "progress": 100, "fileUrl": url})


def _exported_file(account: Account, export_id: str, link: str) -> Reply:
    job = account.jobs[export_id]
    if account.seconds > job["links"][link] + EXPORT_SECONDS:
        return Reply(403, b"expired", content_type="text/plain")
    return Reply(200, job["file"].encode(), content_type="text/csv")


def _report(account: Account, job_id: str) -> Reply:
    job = account.jobs[job_id]
    rows = "".join(f"{key},refused\n" for key in job["refused"])
    head = job.get("key", "_email")
    return Reply(200, f"{head},reason\n{rows}".encode(), content_type="text/csv")


def _throttled(wait: float) -> Reply:
    """429 with the moment of the reset in epoch seconds; the Date is the epoch itself."""
    headers = {
        "x-ratelimit-limit": "100",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(2_000_000_000 + max(1, round(wait + 0.5))),
        "date": "Wed, 18 May 2033 03:33:20 GMT",
    }
    return Reply(429, b"", headers)


def _refused(code: str, reason: str) -> Reply:
    errors = [{"path": "_name", "reason": reason}]
    body = {"status": 422, "detail": "validation failed", "validationErrors": errors}
    return json_reply({**body, "code": code}, 422)


HOST = "api.connectif.cloud"
PLATFORM = Platform(HOST, answer, 100, 60, _throttled, refused=_refused)
