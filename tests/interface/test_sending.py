import base64
import gc
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import IntegrityError
from django.db import connection as database
from django.test import Client, RequestFactory
from django.utils import timezone

from app_interface.authentication import Caller
from app_interface.idempotency import Outcome
from app_interface.operations import send_email, sending
from email_processor.models import Attachment, Content, Message, Priority, Recipient
from epm.choices import Channel, MessageTypes
from epm.models import Application, Credential, EmailConnection, Zone
from tests import factories
from tests.interface.conftest import MAIL, Door, problem

SOON = (timezone.now() + timedelta(hours=2)).isoformat()
LATER = (timezone.now() + timedelta(hours=4)).isoformat()


def test_it_accepts_a_mail_and_says_so(door: Door) -> None:
    answer = door.send(to=["jo@example.net", '"Doe, Sam" <sam@EXAMPLE.net>'])
    said = answer.json()
    message = Message.objects.get()
    assert (answer.status_code, said["message_id"], said["application"]) == (202, str(message.pk), "main:orders")
    assert answer["Location"] == f"/api/v1/emails/{message.pk}"
    assert [(r["address"], r["kind"], r["state"]) for r in said["recipients"]] == [
        ("jo@example.net", "to", "queued"),
        ("sam@example.net", "to", "queued"),
    ]


def test_it_says_what_receipts_to_expect(door: Door, connection: EmailConnection) -> None:
    assert door.send().json()["recipients"][0]["expected_receipts"] is None
    connection.ehlo_features = {"DSN": ""}
    connection.save()
    assert door.send(notify="NEVER").json()["recipients"][0]["expected_receipts"] == []
    assert door.send().json()["recipients"][0]["expected_receipts"] == ["success", "failure"]


def test_it_keeps_every_parameter(door: Door) -> None:
    door.send(
        cc=["cc@example.net"],
        bcc=[{"address": "bcc@example.net", "name": "B", "notify": ["FAILURE"], "orcpt": "rfc822;old@example.net"}],
        ucid="call-1",
        sessionID="s-1",
        notify="delay, success",
        ret="FULL",
        envid="envelope-1",
        priority="high",
        sendAt=SOON,
        expireAt=LATER,
        tellBy=LATER,
        tag="invoice",
        metadata={"customer": "17"},
        connection="way out",
        inDoubt="hold",
        requestTimeout=5,
    )
    message = Message.objects.get()
    assert (message.ucid, message.caller_session, message.envid, message.ret) == ("call-1", "s-1", "envelope-1", "FULL")
    assert (message.priority, message.tags, message.metadata) == (Priority.HIGH, ["invoice"], {"customer": "17"})
    assert (message.in_doubt_policy, message.expire_at, message.tell_by) == ("hold", message.tell_by, message.expire_at)
    rows = Recipient.objects.order_by("pk").values_list("address", "kind", "notify", "name")
    assert list(rows) == [
        ("jo@example.net", "to", "SUCCESS,DELAY", ""),
        ("cc@example.net", "cc", "SUCCESS,DELAY", ""),
        ("bcc@example.net", "bcc", "FAILURE", "B"),
    ]
    assert Recipient.objects.get(kind="bcc").orcpt == "rfc822;old@example.net"


def mime() -> str:
    return bytes(Content.objects.get().mime).decode()


def test_it_makes_a_body_html_by_its_content_type(door: Door) -> None:
    door.send(body="<p>Hello</p>", headers={"Content-Type": "text/html; charset=utf-8", "X-Order": "4711"})
    assert "Content-Type: text/html" in mime()
    assert "multipart" not in mime()
    assert "X-Order: 4711\r\n" in mime()


def test_it_sends_html_beside_text(door: Door) -> None:
    door.send(html="<p>Hello</p>")
    assert "multipart/alternative" in mime()


def test_it_puts_options_into_headers(door: Door) -> None:
    door.send(replyTo="a@example.com, b@example.com", unsubscribe="https://example.com/u?x=1")
    assert "Reply-To: a@example.com, b@example.com" in mime()
    assert "List-Unsubscribe: <https://example.com/u?x=1>" in mime()


def test_it_attaches_files_by_content(door: Door) -> None:
    content = base64.b64encode(b"abc").decode()
    door.send(attachments=[{"fileName": "a.txt", "content": content}])
    file = Attachment.objects.get()
    assert (file.file_name, file.content_type, file.size, file.url) == ("a.txt", "text/plain", 3, "")


def test_it_takes_internationalised_addresses(door: Door) -> None:
    answer = door.send(to=["jürgen@bücher.example", "jo@bücher.example"])
    assert [r["address"] for r in answer.json()["recipients"]] == [
        "jürgen@xn--bcher-kva.example",
        "jo@xn--bcher-kva.example",
    ]
    assert Message.objects.get().smtputf8


def test_it_sends_to_the_sandbox_without_any_connection(door: Door, connection: EmailConnection) -> None:
    connection.delete()
    assert door.send(sandbox=True).status_code == 202
    assert Message.objects.get().connection is None


def test_it_understands_the_zone_in_an_application_name(door: Door) -> None:
    assert door.send(applicationName="main:orders").json()["application"] == "main:orders"
    assert door.send(applicationName="orders").json()["application"] == "main:orders"


def test_it_says_that_an_application_without_url_hears_nothing(door: Door, application: Application) -> None:
    application.notification_url = ""
    application.save()
    assert "no notification" in door.send().json()["notification"]


def test_it_says_who_will_be_told(door: Door, application: Application) -> None:
    assert "delivery reports" in door.send().json()["notification"]
    application.message_types = MessageTypes.REGULAR
    application.save()
    assert "delivery reports" not in door.send().json()["notification"]


def voice(zone: Zone, application: Application) -> Door:
    row, secret = factories.make_credential(zone, application, channel=Channel.VOICE)
    return Door(row.pk, secret)


def test_a_voice_caller_sends_without_an_application_and_hears_nothing(
    zone: Zone, connection: EmailConnection, application: Application
) -> None:
    said = voice(zone, application).send().json()
    assert (said["application"], Message.objects.get().application) == (None, None)
    assert "no notification" in said["notification"]


def test_a_voice_caller_names_the_application_that_is_told(
    zone: Zone, connection: EmailConnection, application: Application
) -> None:
    said = voice(zone, application).send(applicationName="orders").json()
    assert said["application"] == "main:orders"


@pytest.mark.parametrize(
    ("parameters", "status", "code", "field"),
    [
        ({"nonsense": 1}, 400, "invalid_request", "nonsense"),
        ({"substitutions": {}}, 400, "invalid_request", "substitutions"),
        ({"to": []}, 400, "no_recipients", "to"),
        ({"to": "jo@example.net"}, 400, "invalid_request", "to"),
        ({"to": ["jo@example.net", "nobody"]}, 400, "invalid_request", "to[1]"),
        ({"to": [{"name": "Jo"}]}, 400, "invalid_request", "to[0].address"),
        ({"to": [{"address": "jo@example.net", "x": 1}]}, 400, "invalid_request", "to[0].x"),
        ({"to": [{"address": "jo@example.net", "substitutions": {}}]}, 400, "invalid_request", "to[0].substitutions"),
        ({"to": [{"address": "jo@example.net", "orcpt": "jo"}]}, 400, "invalid_request", "to[0].orcpt"),
        ({"to": [{"address": "jo@example.net", "orcpt": "rfc822;jo jo"}]}, 400, "invalid_request", "to[0].orcpt"),
        ({"to": [{"address": "jo@example.net", "orcpt": f"x;{'=' * 200}"}]}, 400, "invalid_request", "to[0].orcpt"),
        ({"to": [17]}, 400, "invalid_request", "to[0]"),
        ({"to": ["jo@example.net"] * 1001}, 413, "too_many_recipients", "to"),
        ({"from": "nobody"}, 400, "invalid_request", "from"),
        ({"from": ["shop@example.com"]}, 400, "invalid_request", "from"),
        ({"from": "shop@elsewhere.example"}, 403, "sender_not_allowed", "from"),
        ({"subject": "a\r\nBcc: x@example.net"}, 400, "invalid_request", "subject"),
        ({"subject": None}, 400, "invalid_request", "subject"),
        ({"body": 1}, 400, "invalid_request", "body"),
        ({"html": "<p>", "headers": {"Content-Type": "text/html"}}, 400, "invalid_request", "html"),
        ({"headers": {"Content-Type": "image/png"}}, 400, "invalid_request", "headers.Content-Type"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, 400, "invalid_request", "headers.x-a"),
        ({"headers": {"Received": "from x"}}, 400, "invalid_request", "headers"),
        ({"headers": {"DKIM-Signature": "v=1"}}, 400, "invalid_request", "headers"),
        ({"headers": {"TLS-Required": "No"}}, 400, "invalid_request", "headers"),
        ({"requireTls": True}, 400, "invalid_request", "requireTls"),
        ({"headers": {"X-A": "1\nX-B: 2"}}, 400, "invalid_request", "headers.X-A"),
        ({"headers": {"X A": "1"}}, 400, "invalid_request", "headers"),
        ({"headers": {f"X-{n}": "1" for n in range(101)}}, 400, "invalid_request", "headers"),
        ({"attachments": [{"fileName": "a", "content": ""}] * 101}, 400, "invalid_request", "attachments"),
        ({"applicationName": "strangers"}, 404, "unknown_application", "applicationName"),
        ({"applicationName": "other:orders"}, 404, "unknown_application", "applicationName"),
        ({"notify": "SOMETIMES"}, 400, "invalid_request", "notify"),
        ({"notify": ["NEVER", "SUCCESS"]}, 400, "invalid_request", "notify"),
        ({"notify": []}, 400, "invalid_request", "notify"),
        ({"ret": "full"}, 400, "invalid_request", "ret"),
        ({"envid": "a" * 101}, 400, "invalid_request", "envid"),
        ({"priority": 1}, 400, "invalid_request", "priority"),
        ({"sendAt": "2031-01-31T08:00:00"}, 400, "invalid_request", "sendAt"),
        ({"sendAt": "9999-12-31T23:59:59Z"}, 400, "invalid_request", "sendAt"),
        ({"sendAt": "9999-12-31T23:59:59-23:59"}, 400, "invalid_request", "sendAt"),
        ({"sendAt": "2031-13-31T08:00:00Z"}, 400, "invalid_request", "sendAt"),
        ({"expireAt": "2020-01-31T08:00:00Z"}, 400, "invalid_request", "expireAt"),
        ({"sendAt": LATER, "expireAt": SOON}, 400, "invalid_request", "sendAt"),
        ({"tellBy": "2020-01-31T08:00:00Z"}, 400, "invalid_request", "tellBy"),
        ({"tag": ["t"] * 11}, 400, "invalid_request", "tag"),
        ({"metadata": {"a": 1}}, 400, "invalid_request", "metadata.a"),
        ({"metadata": {"a b": "1"}}, 400, "invalid_request", "metadata"),
        ({"connection": "nowhere"}, 400, "invalid_request", "connection"),
        ({"sandbox": "true"}, 400, "invalid_request", "sandbox"),
        ({"inDoubt": "guess"}, 400, "invalid_request", "inDoubt"),
        ({"replyTo": ["nobody"]}, 400, "invalid_request", "replyTo[0]"),
        ({"unsubscribe": "http://example.com/u"}, 400, "invalid_request", "unsubscribe"),
        ({"requestTimeout": 0}, 400, "invalid_request", "requestTimeout"),
        ({"requestTimeout": 61}, 400, "invalid_request", "requestTimeout"),
        ({"requestTimeout": True}, 400, "invalid_request", "requestTimeout"),
        ({"idempotencyKey": ""}, 400, "invalid_request", "idempotencyKey"),
        ({"appParameters": {}}, 400, "invalid_request", "appParameters"),
        ({"attachments": [{"fileName": "a", "content": "%"}]}, 400, "invalid_request", "attachments[0].content"),
        ({"attachments": [{"fileName": "../a", "content": ""}]}, 400, "invalid_request", "attachments[0].fileName"),
        ({"attachments": [{"content": ""}]}, 400, "invalid_request", "attachments[0].fileName"),
        ({"attachments": [{"fileName": "a"}]}, 400, "invalid_request", "attachments[0]"),
        ({"attachments": [{"url": "file:///etc/passwd"}]}, 400, "invalid_request", "attachments[0].url"),
        ({"attachments": [{"url": "http://[::1"}]}, 400, "invalid_request", "attachments[0].url"),
        (
            {"attachments": [{"fileName": "a", "content": "", "contentType": "multipart/mixed"}]},
            400,
            "invalid_request",
            "attachments[0].contentType",
        ),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_it_refuses_by_name_and_stores_nothing(
    door: Door, parameters: dict[str, object], status: int, code: str, field: str
) -> None:
    assert problem(door.send(**parameters)) == (status, code, field)
    assert not Message.objects.exists()


@pytest.mark.parametrize(("missing", "code"), [("from", "invalid_request"), ("to", "no_recipients")])
def test_it_requires_a_sender_and_recipients(door: Door, missing: str, code: str) -> None:
    answer = door.post("emails", {name: value for name, value in MAIL.items() if name != missing})
    assert problem(answer) == (400, code, missing)


def test_it_refuses_attachments_that_are_too_large_together(door: Door, settings: object) -> None:
    settings.EPM_MESSAGE_LIMIT = 5  # type: ignore[attr-defined]
    half = {"fileName": "a", "content": base64.b64encode(b"abc").decode()}
    assert door.send(attachments=[half]).status_code == 202
    assert problem(door.send(attachments=[half, half])) == (413, "message_too_large", "attachments")


def test_it_is_unavailable_while_there_is_no_way_out(door: Door, connection: EmailConnection) -> None:
    connection.delete()
    assert problem(door.send())[:2] == (503, "processor_unavailable")


def test_it_refuses_a_disabled_application(door: Door, application: Application) -> None:
    application.enabled = False
    application.save()
    assert problem(door.send()) == (409, "application_disabled", "applicationName")


def test_it_answers_only_those_who_authenticate(db: None) -> None:
    answer = Client().post("/api/v1/emails", json.dumps(MAIL), "application/json")
    assert problem(answer)[:2] == (401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.django_db(transaction=True)
def test_mails_sent_at_the_same_time_spoil_nothing_for_each_other(
    zone: Zone, application: Application, credential: tuple[Credential, str], connection: EmailConnection
) -> None:
    gone, _ = factories.make_credential(zone, application, channel=Channel.VOICE)
    Credential.objects.filter(pk=gone.pk).delete()
    callers = [Caller(gone), *[Caller(credential[0])] * 8]
    together = threading.Barrier(len(callers))

    def send(caller: Caller) -> str:
        try:
            together.wait(30)
            return str(send_email(caller, MAIL)["message_id"])
        except IntegrityError:
            return "refused"
        finally:
            database.close()

    with ThreadPoolExecutor(len(callers)) as threads:
        answers = list(threads.map(send, callers))
    assert answers[0] == "refused"
    assert {str(id) for id in Message.objects.values_list("pk", flat=True)} == set(answers[1:])


def test_a_request_is_forgotten_with_its_answer(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """Without the garbage collector, which would keep many large bodies until it comes round."""
    # What is captured of the log keeps the requests it is about.
    caplog.set_level(logging.CRITICAL, "django.request")

    def post(parameters: dict[str, object]) -> None:
        body, headers = json.dumps({**MAIL, **parameters}), door._headers({})
        asked = RequestFactory().post("/api/v1/emails", body, "application/json", headers=headers)
        WSGIHandler().get_response(asked)

    def remembered() -> int:
        return sum(type(thing) is WSGIRequest for thing in gc.get_objects())  # isinstance would wake lazy objects

    post({})
    gc.collect()
    gc.disable()
    try:
        before = remembered()
        post({})
        post({"subject": 1})
        assert remembered() == before
    finally:
        gc.enable()


def test_a_large_mail_keeps_no_small_one_waiting(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    shared: list[bool] = []

    def together(mail: sending.Mail) -> Outcome:
        shared.append(mail.is_large)
        return sending.send_all([mail])[0]

    monkeypatch.setattr(sending, "_send_together", together)
    file = {"fileName": "a", "content": base64.b64encode(b"a" * sending.LARGE).decode()}
    assert door.send(attachments=[file]).status_code == door.send().status_code == 202
    assert shared == [False]
