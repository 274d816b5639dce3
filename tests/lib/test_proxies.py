from ipaddress import ip_network
from typing import Any

import pytest

from lib.proxies import caller_of, names_callers

PROXIES = [ip_network("10.0.0.0/8"), ip_network("::1/128")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9, 192.0.2.1, 10.2.3.4", "192.0.2.1"),
        ("10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::1", "192.0.2.1", "192.0.2.1"),
        ("", "192.0.2.1", "192.0.2.1"),
        ("", "", ""),
        ("10.0.0.1", "unknown", ""),
        ("10.0.0.1", "192.0.2.1, unknown", ""),
        ("10.0.0.1", "192.0.2.1:443", ""),
    ],
)
def test_it_believes_trusted_proxies_and_nobody_else(peer: str, forwarded: str, caller: str) -> None:
    assert caller_of(peer, forwarded, PROXIES) == caller


@pytest.mark.parametrize("peer", ["", "192.0.2.1", "127.0.0.1"])
def test_it_believes_nobody_where_none_is_trusted(peer: str) -> None:
    assert caller_of(peer, "203.0.113.9", []) == peer


def test_the_application_sees_the_caller() -> None:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        return []

    names_callers(application, PROXIES)({"HTTP_X_FORWARDED_FOR": "192.0.2.1"}, lambda *_: lambda _: None)
    assert seen["REMOTE_ADDR"] == "192.0.2.1"
