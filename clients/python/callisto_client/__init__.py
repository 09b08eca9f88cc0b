"""Callisto's Python SDK: `async with Client.connect(url, account) as client: await client.call(team.Say("…"))`.

Depends on `protocol`, which ships beside it, and never on the server.
"""

from callisto_client.account import Account, Source
from callisto_client.advice import Closed
from callisto_client.client import Client, Policy, Reply
from callisto_client.errors import Lagged, Offline, Refused, Stopped, Unknown, trace_id
from callisto_client.heard import Events, Heard
from callisto_client.state import fold
from protocol.message import Refusal

__all__ = [
    "Account",
    "Client",
    "Closed",
    "Events",
    "Heard",
    "Lagged",
    "Offline",
    "Policy",
    "Refusal",
    "Refused",
    "Reply",
    "Source",
    "Stopped",
    "Unknown",
    "fold",
    "trace_id",
]
