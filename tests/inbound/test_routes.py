import pytest
from django.conf import LazySettings

from email_processor.inbound.routes import Directory
from email_processor.models import Recipient
from email_processor.outbound import return_path
from epm.models import EmailConnection, Zone
from lib.ids import new_id
from tests import factories
from tests.inbound.reports import forged, way_back


@pytest.mark.parametrize(
    "address",
    [
        "orders@example.com",
        "Orders@EXAMPLE.com",
        "orders+2026-11@example.com",
        "orders@example.com ",
    ],
)
def test_it_finds_the_application_that_answers_to_an_address(zone: Zone, address: str) -> None:
    application = factories.make_application(zone, addresses=("orders@example.com",))
    assert Directory.read().application_of(address) == application


@pytest.mark.parametrize("address", ["other@example.com", "orders@example.net", "orders", "+x@example.com", "", "@"])
def test_it_finds_nobody_for_other_addresses(zone: Zone, address: str) -> None:
    factories.make_application(zone, addresses=("orders@example.com",))
    assert not Directory.read().takes(address)


def test_it_prefers_the_address_with_its_tag(zone: Zone) -> None:
    factories.make_application(zone, "orders", addresses=("orders@example.com",))
    vip = factories.make_application(zone, "vip", addresses=("orders+vip@example.com",))
    assert Directory.read().application_of("orders+vip@example.com") == vip


@pytest.mark.parametrize("address", ["info@bücher.example", "INFO@xn--bcher-kva.example"])
def test_it_knows_both_spellings_of_an_internationalized_domain(zone: Zone, address: str) -> None:
    application = factories.make_application(zone, addresses=("info@bücher.example",))
    assert Directory.read().application_of(address) == application


def test_it_takes_return_paths_of_every_connection_forged_or_not(
    recipient: Recipient, connection: EmailConnection
) -> None:
    directory = Directory.read()
    assert directory.takes(way_back(recipient))
    assert directory.takes(forged(way_back(recipient)))


def test_it_takes_return_paths_of_the_platform_itself(db: None, settings: LazySettings) -> None:
    address = return_path.sign(new_id(), settings.EPM_RETURN_PATH_DOMAIN)
    assert Directory.read().takes(address)


def test_it_takes_nothing_else_in_a_return_path_domain(recipient: Recipient, connection: EmailConnection) -> None:
    directory = Directory.read()
    assert not directory.takes("postmaster@bounces.example.com")
    assert not directory.takes(return_path.sign(recipient.pk, "elsewhere.example"))
