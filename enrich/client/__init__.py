"""One way to speak HTTP for the whole program: VTEX and the marketing platforms.

Waits, retries and what each status means are decided here and nowhere else.
"""

from enrich.client.call import (
    TRIES_WHEN_THROTTLED,
    BadBody,
    Call,
    GaveUp,
    HttpStatus,
    LoginPage,
    NotFound,
    PermissionMissing,
    Response,
    Unanswered,
    path_segment,
)
from enrich.client.http import Http
from enrich.client.reading import is_web_page, parse_json, raise_for_refusal
from enrich.client.transport import LOOPBACK
from enrich.client.waiting import Pacer, asked_seconds, wait_seconds

__all__ = [
    "LOOPBACK",
    "TRIES_WHEN_THROTTLED",
    "BadBody",
    "Call",
    "GaveUp",
    "Http",
    "HttpStatus",
    "LoginPage",
    "NotFound",
    "Pacer",
    "PermissionMissing",
    "Response",
    "Unanswered",
    "asked_seconds",
    "is_web_page",
    "parse_json",
    "path_segment",
    "raise_for_refusal",
    "wait_seconds",
]
