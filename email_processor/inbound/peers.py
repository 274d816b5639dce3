"""How much one peer may ask of the listener: connections at once, and mails in a minute."""

import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings

REMEMBERED = 10_000
"""Peers whose rate is kept in mind; beyond that, those who have their full allowance again are forgotten."""


class Peers:
    """Peers are told apart by IPv4 address, or by IPv6 network of /64, which is what one customer gets (RFC 6177)."""

    def __init__(self) -> None:
        self._connections: Counter[str] = Counter()
        self._buckets: dict[str, _Bucket] = {}

    def enter(self, address: str) -> bool:
        """May `address` open one more connection? If so, it counts until `leave`."""
        peer = _peer(address)
        if self._connections[peer] >= settings.EPM_LISTENER_CONNECTIONS:
            return False
        self._connections[peer] += 1
        return True

    def leave(self, address: str) -> None:
        peer = _peer(address)
        self._connections[peer] -= 1
        if not self._connections[peer]:
            del self._connections[peer]

    def may_send(self, address: str) -> bool:
        """May `address` send one more mail now? If so, it counts."""
        if len(self._buckets) > REMEMBERED:
            self._buckets = {peer: bucket for peer, bucket in self._buckets.items() if not bucket.is_full()}
        return self._buckets.setdefault(_peer(address), _Bucket()).take()


@dataclass(slots=True)
class _Bucket:
    """A minute's allowance, refilled steadily."""

    used: float = 0.0
    at: float = 0.0

    def take(self) -> bool:
        self._refill()
        if self.used + 1 > settings.EPM_LISTENER_RATE:
            return False
        self.used += 1
        return True

    def is_full(self) -> bool:
        self._refill()
        return not self.used

    def _refill(self) -> None:
        now = time.monotonic()
        self.used = max(0.0, self.used - (now - self.at) * settings.EPM_LISTENER_RATE / 60)
        self.at = now


@lru_cache(maxsize=REMEMBERED)
def _peer(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return address
