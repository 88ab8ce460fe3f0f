"""Which platforms can be asked for consents; one that is not listed is only told of them."""

from __future__ import annotations

from collections.abc import Mapping

from enrich.destinations.connectif import consents as connectif
from enrich.destinations.consents import Reader
from enrich.destinations.synerise import consents as synerise

READERS: Mapping[str, Reader] = {
    "connectif": Reader(start=connectif.start_export, read=connectif.read_export),
    "synerise": Reader(look=synerise.look_at, states_no=False),
}
