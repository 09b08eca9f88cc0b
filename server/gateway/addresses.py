"""Who is at the other end: the address behind proxies that are trusted, and the network it counts as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

V6_PREFIX = 64  # bits; one household's worth, and what anybody has for the asking (guarantees.md 4.2)


@lru_cache(8_192)
def network_of(address: str) -> str:
    """What counts as one neighbour: an IPv4 address, the /64 around an IPv6 one. What is no address counts as itself."""
    found = _parsed(address)
    if found is None:
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    return str(ip_network((int(found) >> V6_PREFIX << V6_PREFIX, V6_PREFIX)))


class Proxies:
    """The proxies that are believed, as addresses or networks. Raises ValueError for what is neither."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._trusted = tuple(ip_network(each, strict=False) for each in trusted)

    def __contains__(self, address: str) -> bool:
        if not self._trusted:
            return False
        found = _parsed(address)
        return found is not None and any(found in each for each in self._trusted)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The client's address. X-Forwarded-For (each line of it) counts only from a trusted proxy, and only its nearest foreign hop."""
        if peer not in self:
            return peer
        # The last word is the nearest proxy's own; what stands before may be the client's invention.
        for hop in reversed([each.strip() for line in forwarded for each in line.split(",")]):
            address = _bare(hop)
            if _parsed(address) is None:
                return peer
            if address not in self:
                return address
        return peer


def _bare(hop: str) -> str:
    """The address without a port: `192.0.2.7:443`, `[2001:db8::7]:443`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    # A dual-stack listener sees IPv4 clients as ::ffff:a.b.c.d: one address, one neighbour.
    return getattr(found, "ipv4_mapped", None) or found
