"""Who calls through a proxy: the address that the proxy saw, where an operator trusts it to say so."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Networks = Collection[IPv4Network | IPv6Network]


def names_callers(application: "WSGIApplication", trusted: Networks) -> "WSGIApplication":
    """`application`, for which REMOTE_ADDR is the address of whoever called the outermost trusted proxy."""

    def asked(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        peer, forwarded = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", "")
        environ["REMOTE_ADDR"] = caller_of(peer, forwarded, trusted)
        return application(environ, start_response)

    return asked


def caller_of(peer: str, forwarded: str, trusted: Networks) -> str:
    """The address that calls: `peer`, or what trusted proxies said in X-Forwarded-For; empty where that is no address.

    Each proxy adds the address it was called from on the right; what stands to the left of the first one that is not trusted
    may be anybody's invention. A Unix socket has no address: whoever may open it is a proxy of ours, if any are trusted.
    """
    said = [address.strip() for address in forwarded.split(",") if address.strip()]
    while said and _is_trusted(peer, trusted):
        peer = said.pop()
    return str(_address(peer) or "")


def _is_trusted(peer: str, trusted: Networks) -> bool:
    if not peer:
        return bool(trusted)
    address = _address(peer)
    return address is not None and any(address in network for network in trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
