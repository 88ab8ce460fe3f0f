"""A stand-in for VTEX Ads: an address to upload to, and a Parquet file of customers there.

The rules are those of developers.vtex.com/docs/guides/integrating-audiences.
"""

from __future__ import annotations

import io
import re

import polars as pl

from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.platforms.account import Account, Platform

MAX_BYTES, SECONDS = 2_147_483_648, 900
HASH = re.compile(r"[0-9a-f]{64}")
COLUMNS = {
    *("CUSTOMER_ID", "EMAIL_HASHED", "PHONE_HASHED", "SOCIAL_ID_HASHED", "FIRST_NAME_HASHED"),
    *("LAST_NAME_HASHED", "GENDER", "AGE", "CEP", "COUNTRY", "STATE", "CITY", "NEIGHBORHOOD"),
    *("AUDIENCES", "NBO_PRODUCTS", "NBO_CATEGORIES"),
}


def answer(account: Account, request: Request) -> Reply:
    """The reply to one call; the upload, which stands for another host, takes no key of ours."""
    if request.path == "/upload":
        return _uploaded(account, request)
    if not {"x-app-id", "x-api-key"} <= set(request.headers):
        return json_reply({"message": "Unauthorized"}, 401)
    key = f"publisher/audiences/{len(account.jobs) + 1}.parquet.snappy"
    account.new_job(until=account.seconds + SECONDS, key=key)
    place = {"url": f"{account.url or f'https://{PLATFORM.host}'}/upload", "max_bytes": MAX_BYTES}
    fields = {"key": key, "Content-Type": "application/octet-stream", "Policy": "e30="}
    return json_reply({**place, "fields": fields, "key": key, "expires_in": SECONDS})


def _uploaded(account: Account, request: Request) -> Reply:
    """Every field before the file; the address holds for a quarter of an hour."""
    head, _, rest = request.body.partition(b'name="file"')
    job = next((one for one in account.jobs.values() if one["key"].encode() in head), None)
    if "x-api-key" in request.headers or b"Policy" not in head or job is None:
        return Reply(403)
    if account.seconds > job["until"]:
        return Reply(403)
    file = rest.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
    table = pl.read_parquet(io.BytesIO(file))
    hashes = [*table["EMAIL_HASHED"].drop_nulls(), *table["PHONE_HASHED"].drop_nulls()]
    is_known = "CUSTOMER_ID" in table.columns and set(table.columns) <= COLUMNS
    if not is_known or not all(HASH.fullmatch(one) for one in hashes):
        return Reply(400)
    members = account.table("audiences")
    for row in table.iter_rows(named=True):
        for key in [one for one in members if one.partition(":")[2] == row["CUSTOMER_ID"]]:
            del members[key]
        for name in filter(None, (row["AUDIENCES"] or "").split(";")):
            members[f"{name}:{row['CUSTOMER_ID']}"] = {"email": row["EMAIL_HASHED"]}
    return Reply(204)


PLATFORM = Platform("api-retail-media.newtail.com.br", answer)
