"""The receiver: calls of VTEX and the platforms into an inbox on disk, never into the warehouse.

The server itself is in `enrich.receiver.server`; whoever drains an inbox does not need it.
"""

from enrich.receiver.app import Receiver, build_receiver
from enrich.receiver.callers import KINDS, RegisteredCaller, check_secret
from enrich.receiver.inbox import FOLDER, Inbox, InboxFile, inbox_of, inboxes_in
from enrich.receiver.messages import CONSENTS, CUSTOMERS, ORDERS, TOPICS, Message, Notice, Topic

__all__ = [
    "CONSENTS",
    "CUSTOMERS",
    "FOLDER",
    "KINDS",
    "ORDERS",
    "TOPICS",
    "Inbox",
    "InboxFile",
    "Message",
    "Notice",
    "Receiver",
    "RegisteredCaller",
    "Topic",
    "build_receiver",
    "check_secret",
    "inbox_of",
    "inboxes_in",
]
