from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from email_processor.models import PolicyType
from email_processor.outbound import tls_reporting
from email_processor.outbound.tls_reporting import Observed, Policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted() -> None:
    policy = Policy(PolicyType.STS, "bank.example", ("version: STSv1",))
    tls_reporting.note("bank.example", policy, Observed())
    for _ in range(3):
        tls_reporting.note("bank.example", policy, Observed("certificate-expired", "mx.bank.example"))
    tls_reporting.write()


def report(client: Client, **asked: str) -> object:
    return client.get(reverse("admin:tls_report"), asked)


@pytest.mark.parametrize("words", ["bank.example", "MTA-STS", "certificate-expired 3", "<td>1</td>"])
def test_it_shows_how_well_the_way_was_protected(operator: Client, counted: None, words: str) -> None:
    assert words in operator.get(reverse("admin:tls_reports")).content.decode()


def test_it_gives_the_report_as_a_file(operator: Client, counted: None) -> None:
    day = datetime.now(UTC).date().isoformat()
    response = operator.get(reverse("admin:tls_report"), {"domain": "bank.example", "day": day})
    assert response["Content-Disposition"] == f'attachment; filename="bank.example.{day}.json"'
    assert response.json()["policies"][0]["summary"]["total-failure-session-count"] == 3


@pytest.mark.parametrize(
    "asked", [{}, {"domain": "bank.example", "day": "x"}, {"domain": "bank.example", "day": "2001-01-01"}]
)
def test_there_is_no_report_of_nothing(operator: Client, counted: None, asked: dict[str, str]) -> None:
    assert operator.get(reverse("admin:tls_report"), asked).status_code == 404


def test_who_may_not_see_connections_sees_no_reports(client: Client) -> None:
    assert client.get(reverse("admin:tls_reports")).status_code in (302, 403)
