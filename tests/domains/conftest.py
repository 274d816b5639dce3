from collections.abc import Iterator

import pytest
from pytest_django import Settings

from epm.models import SenderDomain, Zone
from lib import dns
from tests import factories
from tests.outbound.dns_server import NameServer, name_server

RECORDS = {
    "bounces.example.com MX": ["10 epm.example.com."],
    "bounces.example.com TXT": ['"v=spf1 ip4:192.0.2.0/24 -all"', '"something else"'],
    "epm.example.com A": ["192.0.2.1"],
    "mail.example.com A": ["192.0.2.1"],
    "_dmarc.example.com TXT": ['"v=DMARC1; p=reject"'],
    "1.2.0.192.in-addr.arpa PTR": ["epm.example.com."],
}
"""How a domain looks where all is well but the signing key, which each test makes anew."""


@pytest.fixture
def names(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """The DNS of example.com, as a test changes it."""
    monkeypatch.setattr(dns, "_PATIENCE_SECONDS", 0.3)
    settings.EPM_HOST_NAME = "epm.example.com"
    with name_server(NameServer(dict(RECORDS))) as server:
        settings.EPM_DNS_SERVERS = [server.address]
        yield server


@pytest.fixture
def domain(zone: Zone) -> SenderDomain:
    """example.com, whose mail goes out by a server of its own."""
    factories.make_connection(zone, server="mail.example.com")
    return SenderDomain.objects.create(zone=zone, domain="example.com")
