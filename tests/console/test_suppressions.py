from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from email_processor import suppression
from email_processor.models import Suppression
from email_processor.outbound.acceptance import accept
from email_processor.suppression import Source, suppress
from epm.console.links import change_url
from epm.models import Application, EmailConnection, Zone
from tests import factories
from tests.console.test_configuration import text_of
from tests.outbound.submissions import make_submission

pytestmark = pytest.mark.django_db
LIST, ADD = "admin:email_processor_suppression_changelist", "admin:email_processor_suppression_add"
IMPORT, EXPORT = "admin:email_processor_suppression_import_file", "admin:email_processor_suppression_export_file"


def upload(client: Client, zone: Zone, text: str, **fields: Any) -> Any:
    file = SimpleUploadedFile("list.csv", text.encode())
    return client.post(reverse(IMPORT), {"zone": zone.pk, "file": file, **fields})


def test_an_operator_puts_an_address_on_the_list(operator: Client, application: Application) -> None:
    asked = {"zone": application.zone.pk, "application": application.pk, "address": "Ann@example.net"}
    operator.post(reverse(ADD), {**asked, "reason": "asked us to stop", "until": "2099-01-31"})
    entry = Suppression.objects.get()
    assert (entry.address, entry.application, entry.source) == ("ann@example.net", application, Source.HAND)
    assert f"{entry.expires_at:%Y-%m-%d}" == "2099-01-31"


@pytest.mark.parametrize("wrong", [{"address": "ann"}, {"reason": ""}, {"until": "soon"}, {"zone": ""}])
def test_it_refuses_what_it_cannot_read(operator: Client, zone: Zone, wrong: dict[str, str]) -> None:
    good = {"zone": zone.pk, "address": "ann@example.net", "reason": "asked us to stop"}
    assert "errorlist" in operator.post(reverse(ADD), {**good, **wrong}).content.decode()
    assert not Suppression.objects.exists()


def test_it_refuses_an_application_of_another_zone(operator: Client, application: Application) -> None:
    other = factories.make_zone("other")
    asked = {"zone": other.pk, "application": application.pk, "address": "ann@example.net", "reason": "x"}
    assert "is not in zone other" in text_of(operator.post(reverse(ADD), asked))


def test_lifting_takes_a_reason_and_logs_it(operator: Client, zone: Zone) -> None:
    entry = suppress(zone, None, "ann@example.net", "asked us to stop", Source.HAND)
    url = reverse("admin:email_processor_suppression_lift", args=[entry.pk])
    operator.post(url, {"reason": " "})
    assert Suppression.objects.exists()
    operator.post(url, {"reason": "asked us to begin again"})
    assert not Suppression.objects.exists()
    assert "asked us to begin again" in LogEntry.objects.latest("pk").get_change_message()


def test_support_sees_the_list_and_changes_nothing(support: Client, zone: Zone) -> None:
    entry = suppress(zone, None, "ann@example.net", "asked us to stop", Source.HAND)
    assert "asked us to stop" in text_of(support.get(reverse(LIST)))
    assert "Take it off the list" not in text_of(support.get(change_url(entry)))
    lift = support.post(reverse("admin:email_processor_suppression_lift", args=[entry.pk]), {"reason": "x"})
    answers = [lift, support.get(reverse(ADD)), upload(support, zone, "address\nx@y.example\n")]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("written", ["ann@example.net", "Ann@EXAMPLE.net"])
def test_it_finds_an_entry_by_its_address(operator: Client, zone: Zone, written: str) -> None:
    suppress(zone, None, "ann@example.net", "asked us to stop", Source.HAND)
    suppress(zone, None, "bob@example.net", "moved away", Source.HAND)
    found = text_of(operator.get(reverse(LIST), {"q": written}))
    assert ("asked us to stop" in found, "moved away" in found) == (True, False)


def test_it_imports_a_file(operator: Client, application: Application) -> None:
    suppress(application.zone, application, "old@example.net", "", Source.HAND)
    text = "\ufeffname,address,reason,until\nAnn,Ann@example.net,asked us,2099-01-31\nOld,old@example.net,,\n"
    upload(operator, application.zone, text, application=application.pk)
    rows = Suppression.objects.order_by("address").values_list("address", "reason", "application")
    assert list(rows) == [("ann@example.net", "asked us", application.pk), ("old@example.net", "", application.pk)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ann@example.net\n", "one of them is address"),
        ("address\n", "at least 1"),
        ("address\nann@example.net\nbob\n", "Line 3: “bob” is no email address"),
        ("address,until\nann@example.net,soon\n", "Line 2: “soon” is no date"),
        ("address,until\nann@example.net,2030-02-31\n", "is no date"),
    ],
)
def test_it_imports_all_of_a_file_or_nothing(operator: Client, zone: Zone, text: str, problem: str) -> None:
    assert problem in text_of(upload(operator, zone, text))
    assert not Suppression.objects.exists()


def test_it_takes_no_file_in_another_alphabet(operator: Client, zone: Zone) -> None:
    file = SimpleUploadedFile("list.csv", "address\nann@example.net\nkäthe\n".encode("latin-1"))
    assert "This is no UTF-8" in text_of(operator.post(reverse(IMPORT), {"zone": zone.pk, "file": file}))


def test_what_it_exports_can_be_imported(operator: Client, zone: Zone) -> None:
    suppress(zone, None, "ann@example.net", 'said "stop", twice', Source.HAND)
    exported = b"".join(operator.get(reverse(EXPORT)).streaming_content).decode()  # type: ignore[attr-defined]
    Suppression.objects.all().delete()
    upload(operator, zone, exported)
    assert Suppression.objects.values_list("address", "reason").get() == ("ann@example.net", 'said "stop", twice')


def test_the_recipients_page_says_why_it_got_no_mail(support: Client, zone: Zone, connection: EmailConnection) -> None:
    entry = suppress(zone, None, "ann@example.net", "asked us to stop", Source.HAND)
    accepted = accept(make_submission(zone, "ann@example.net", "bob@example.net"))
    page = support.get(change_url(accepted.recipients[0])).content.decode()
    assert page.count("asked us to stop") == 2
    assert change_url(entry) in page


def test_the_recipients_page_offers_to_send_no_more(operator: Client, zone: Zone) -> None:
    recipient = factories.make_message(zone, "ann+x@example.net").recipients.get()
    page = operator.get(change_url(recipient)).content.decode()
    assert f"{reverse(ADD)}?zone={zone.pk}&amp;address=ann%2Bx%40example.net" in page


def test_it_lists_at_the_same_cost_however_long_it_is(
    operator: Client, application: Application, django_assert_max_num_queries: Any
) -> None:
    for n in range(12):
        suppression.suppress(application.zone, application, f"a{n}@example.net", "", Source.HAND)
    with django_assert_max_num_queries(10):
        operator.get(reverse(LIST))
