"""The operations, called with envelopes written by hand."""

from base64 import b64encode
from collections.abc import Iterator
from uuid import uuid4

import pytest
from lxml import etree

from app_interface.soap import description
from email_processor import lifecycle
from email_processor.lifecycle import Move
from email_processor.models import EventType, Message, Recipient, Session
from epm.models import Application, Credential, Zone
from tests.factories import make_credential, make_message
from tests.receivers import Receiver, Reply, receiver
from tests.soap.raw import ASKED, ENV11, ENV12, NS, WSA, Answered, Caller, basic, request

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("version", [ENV11, ENV12], ids=["1.1", "1.2"])


def status_of(caller: Caller, id: object) -> Answered:
    return caller.call(request(f"<messageID>{id}</messageID>", operation="getEmailStatus"))


@BOTH
def test_it_accepts_a_mail(caller: Caller, version: str) -> None:
    answer = caller.send(version=version)
    assert (answer.status, answer.name) == (200, "sendEmailResponse")
    assert answer.text("messageID_returned") == str(Message.objects.get().pk)


@BOTH
def test_it_answers_in_the_version_it_was_asked_in(caller: Caller, version: str) -> None:
    answer = caller.send(version=version)
    assert answer.root.tag == f"{{{version}}}Envelope"
    assert answer.headers["Content-Type"].startswith("text/xml" if version == ENV11 else "application/soap+xml")


def test_it_tells_every_recipient_apart(caller: Caller) -> None:
    answer = caller.send(
        '<from>shop@example.com</from><to>jo@example.net, "Doe, Al" &lt;al@example.net&gt;</to><bcc>b@example.net</bcc>'
    )
    told = [[child.text for child in one][:4] for one in answer.payload.iterfind(f"{{{NS}}}recipient")]
    rows = Recipient.objects.order_by("pk")
    assert told == [[str(row.pk), row.address, row.kind, row.state] for row in rows]
    assert [row[1] for row in told] == ["jo@example.net", "al@example.net", "b@example.net"]


def test_it_says_who_will_be_notified(caller: Caller) -> None:
    assert "main:orders will be told" in (caller.send().text("notification") or "")


def test_it_tells_a_voice_application_that_nobody_will_be_notified(caller: Caller, zone: Zone) -> None:
    caller.authorization = basic(make_credential(zone, channel="voice", all_applications=True))
    assert "no notification" in (caller.send().text("notification") or "")


def test_its_answers_are_what_the_schema_says(caller: Caller, application: Application) -> None:
    schema = etree.XMLSchema(etree.fromstring(description.xsd()))
    id = caller.send().text("messageID_returned")
    schema.assertValid(caller.send().payload)
    schema.assertValid(status_of(caller, id).payload)


def test_it_takes_all_parameters(caller: Caller) -> None:
    caller.send(
        ASKED
        + r"<headers>X-Campaign=a\;b;X-Line=two</headers><applicationName>main:orders</applicationName>"
        + "<emailParameters>priority=high;tag=a;tag=b;metadata.order=17;sandbox=true</emailParameters>"
        + "<ucid>u-1</ucid><sessionID>s-1</sessionID><requestTimeout>60</requestTimeout>"
    )
    row = Message.objects.get()
    assert (row.priority, row.tags, row.metadata, row.sandbox) == (1, ["a", "b"], {"order": "17"}, True)
    assert (row.ucid, row.caller_session, row.connection) == ("u-1", "s-1", None)
    assert b"X-Campaign: a;b" in bytes(row.content.mime)


def test_it_attaches_files_that_came_along_or_lie_elsewhere(caller: Caller) -> None:
    with receiver() as elsewhere:
        elsewhere.answers(Reply(200, b"%PDF-", {"Content-Type": "application/pdf"}))
        content = b64encode(b"name;price\n" * 20).decode()
        wrapped = f"{content[:60]}\n    {content[60:]}"
        caller.send(
            f"{ASKED}<attachments>{elsewhere.url}/a.pdf, {elsewhere.url}/b.pdf</attachments>"
            f"<attachment><fileName>prices.csv</fileName><contentType>text/csv</contentType>"
            f"<content>{wrapped}</content></attachment>"
        )
    files = Message.objects.get().attachments.order_by("pk").values_list("file_name", "content_type", "size")
    pdf = ("application/pdf", 5)
    assert list(files) == [("a.pdf", *pdf), ("b.pdf", *pdf), ("prices.csv", "text/csv", 220)]


def test_it_takes_an_attachment_larger_than_a_parser_likes(caller: Caller) -> None:
    content = b64encode(b"x" * 9_000_000).decode()
    answer = caller.send(f"{ASKED}<attachment><fileName>x.bin</fileName><content>{content}</content></attachment>")
    assert answer.name == "sendEmailResponse"


def test_it_takes_nil_elements_for_absent_ones(caller: Caller) -> None:
    nil = "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'"
    answer = caller.send(f"<from>shop@example.com</from><to>jo@example.net</to><cc {nil}/><subject {nil}/>")
    assert answer.status == 200


def test_it_takes_texts_as_people_indent_them(caller: Caller) -> None:
    written = "<from>\n  shop@example.com\n</from><to>\n  jo@example.net,\n  sam@example.net\n</to>"
    answer = caller.send(f"{written}<emailParameters>\n  priority=high;\n  tag=spring\n</emailParameters>")
    assert answer.status == 200
    assert Message.objects.get().tags == ["spring"]


def test_it_takes_empty_elements_for_absent_ones(caller: Caller) -> None:
    empty = "<attachments/><headers/><applicationName/><emailParameters/><ucid/><sessionID/>"
    assert caller.send(ASKED + empty).status == 200


def test_it_does_once_what_is_asked_twice_with_a_key(caller: Caller) -> None:
    asked = f"{ASKED}<emailParameters>idempotencyKey=k-1</emailParameters>"
    assert caller.send(asked).text("messageID_returned") == caller.send(asked).text("messageID_returned")
    assert Message.objects.count() == 1


def test_it_takes_the_message_id_of_ws_addressing_for_a_key(caller: Caller) -> None:
    header = f'<a:MessageID xmlns:a="{WSA}">urn:uuid:{uuid4()}</a:MessageID>'
    first, second = caller.send(header=header), caller.send(header=header)
    assert first.text("messageID_returned") == second.text("messageID_returned")


def test_it_relates_its_answer_to_the_message_id(caller: Caller) -> None:
    answer = caller.send(header=f'<a:MessageID xmlns:a="{WSA}">urn:x:1</a:MessageID>')
    assert answer.root.findtext(f".//{{{WSA}}}RelatesTo") == "urn:x:1"
    assert answer.root.findtext(f".//{{{WSA}}}Action") == f"{NS}/sendEmailResponse"


def test_it_refuses_to_answer_elsewhere(caller: Caller) -> None:
    address = "<a:Address>http://elsewhere.example/</a:Address>"
    answer = caller.send(header=f'<a:ReplyTo xmlns:a="{WSA}">{address}</a:ReplyTo>')
    assert (answer.problem["code"], answer.problem["field"]) == ("invalid_request", "ReplyTo")


@pytest.fixture
def running(application: Application) -> Iterator[Receiver]:
    with receiver() as url:
        application.application_url = f"{url.url}/run"
        application.save()
        yield url


LAUNCH = (
    "<from>jo@example.net, al@example.net</from><to>orders@example.com</to><subject>Hello</subject>"
    "<applicationName>orders</applicationName>"
)


@pytest.mark.django_db(transaction=True)
def test_it_launches_an_application(caller: Caller, running: Receiver) -> None:
    answer = caller.call(
        request(
            LAUNCH + "<appParameters>step=1;text=a=b</appParameters><parentID>p</parentID>", operation="launchEmail"
        )
    )
    session = Session.objects.get()
    assert answer.text("sessionID_returned") == str(session.pk)
    assert (session.parameters, session.parent) == ({"step": "1", "text": "a=b"}, "p")


@pytest.mark.django_db(transaction=True)
def test_it_tells_that_an_application_refused_to_run(caller: Caller, running: Receiver) -> None:
    running.answers(Reply(500))
    answer = caller.call(request(LAUNCH, operation="launchEmail"))
    assert (answer.status, answer.faultcode, answer.problem["code"]) == (500, "Server", "launch_failed")
    assert answer.problem["retryable"] == "true"


def test_it_tells_what_became_of_a_message(caller: Caller, zone: Zone, application: Application) -> None:
    message = make_message(zone, "jo@example.net", application=application, metadata={"order": "17"})
    answer = status_of(caller, message.pk)
    assert (answer.name, answer.text("message/id")) == ("getEmailStatusResponse", str(message.pk))
    assert (answer.text("recipient/state"), answer.text("event/type")) == ("queued", "accepted")
    assert answer.text("metadata/value") == "17"


def test_it_tells_what_was_said_on_the_wire(caller: Caller, zone: Zone, application: Application) -> None:
    message = make_message(zone, "jo@example.net", application=application)
    smtp = {"code": 550, "text": "no", "host": "mx.example.net", "transcript": "C: DATA\nS: 550 no \x07"}
    lifecycle.advance([Move(message.recipients.get().pk, EventType.DELAYED, None, {"smtp": smtp})])
    assert status_of(caller, message.pk).text("smtp/transcript") == "C: DATA\nS: 550 no \ufffd"


def test_it_hides_messages_of_others(caller: Caller, zone: Zone) -> None:
    assert status_of(caller, make_message(zone).pk).problem["code"] == "not_found"


def test_it_shows_characters_that_xml_cannot_hold_as_unknown(
    caller: Caller, zone: Zone, application: Application
) -> None:
    message = make_message(zone, application=application, subject="bell \x07")
    assert status_of(caller, message.pk).text("subject") == "bell \ufffd"


def test_it_needs_the_scope(caller: Caller, credential: tuple[Credential, str]) -> None:
    credential[0].scopes = ["read"]
    credential[0].save()
    assert caller.send().problem["code"] == "not_permitted"
