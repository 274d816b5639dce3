"""Which addresses may be called from here: public ones, and those an operator names in EPM_HTTP_ALLOWED_PRIVATE."""

from ipaddress import IPv4Address, IPv6Address, ip_network

from django.conf import settings

Address = IPv4Address | IPv6Address

SPECIAL = tuple(
    (ip_network(network), why)
    for network, why in (
        # IANA IPv4 Special-Purpose Address Registry (RFC 6890), and multicast
        ("0.0.0.0/8", "it is this host"),
        ("10.0.0.0/8", "it is private"),
        ("100.64.0.0/10", "it is a carrier's shared space"),
        ("127.0.0.0/8", "it is this machine"),
        ("169.254.0.0/16", "it is link-local"),
        ("172.16.0.0/12", "it is private"),
        ("192.0.0.0/24", "it is reserved"),
        ("192.0.2.0/24", "it is for documentation"),
        ("192.88.99.0/24", "it is a 6to4 relay"),
        ("192.168.0.0/16", "it is private"),
        ("198.18.0.0/15", "it is for benchmarks"),
        ("198.51.100.0/24", "it is for documentation"),
        ("203.0.113.0/24", "it is for documentation"),
        ("224.0.0.0/4", "it is multicast"),
        ("240.0.0.0/4", "it is reserved"),
        # within the global unicast space of IPv6 (2000::/3)
        ("2001::/23", "it is reserved (Teredo among others)"),
        ("2001:db8::/32", "it is for documentation"),
        ("2002::/16", "it is 6to4"),
        ("3fff::/20", "it is for documentation"),
    )
)
GLOBAL_UNICAST = ip_network("2000::/3")
NAT64 = ip_network("64:ff9b::/96")


def refusal(address: Address) -> str:
    """Why `address` may not be called, in words; empty where it may."""
    meant = embedded(address)
    if any(meant in network for network in settings.EPM_HTTP_ALLOWED_PRIVATE):
        return ""
    if meant.version == 6 and meant not in GLOBAL_UNICAST:
        return "it is not public"
    return next((why for network, why in SPECIAL if meant in network), "")


def embedded(address: Address) -> Address:
    """The IPv4 address that a v4-mapped (RFC 4291 2.5.5.2) or NAT64 (RFC 6052 2.1) address leads to; else the address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
