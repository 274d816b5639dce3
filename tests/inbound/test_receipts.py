import json

import pytest

from email_processor.models import DeliveryReceipt, Evidence, MatchedBy, Recipient, Session, State
from epm.choices import MessageTypes
from epm.models import Application, Zone
from notifications.models import Notification
from tests import factories
from tests.inbound.reports import arrive, forged, regular, report, sample, way_back


def state(recipient: Recipient) -> str:
    recipient.refresh_from_db()
    return recipient.state


def told() -> list[str]:
    return list(Notification.objects.order_by("sequence").values_list("type", flat=True))


def test_it_joins_a_report_to_the_recipient_of_its_return_path(recipient: Recipient) -> None:
    arrive(report(recipient, "failed"), way_back(recipient))
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.recipient, receipt.matched_by, receipt.applied) == (recipient, MatchedBy.RETURN_PATH, True)
    assert state(recipient) == State.BOUNCED


def test_it_keeps_every_field_of_the_report(recipient: Recipient) -> None:
    arrive(report(recipient, "failed"), way_back(recipient))
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.action, receipt.status, receipt.reason, receipt.hard) == ("failed", "5.1.1", "user_unknown", True)
    assert (receipt.reporting_mta, receipt.remote_mta) == ("mx.example.net", "mx2.example.net")
    assert ["Remote-MTA", "dns; mx2.example.net"] in receipt.recipient_fields
    assert receipt.envelope_id == recipient.message.envid


def test_it_tells_the_application_the_receipt(recipient: Recipient) -> None:
    arrive(report(recipient, "delivered"), way_back(recipient))
    payload = json.loads(bytes(Notification.objects.get().body))
    receipt = DeliveryReceipt.objects.get()
    assert payload["type"] == "email.delivered"
    assert payload["receipt"] | {"explanation": ""} == {
        "id": str(receipt.pk),
        "action": "delivered",
        "status": "2.0.0",
        "diagnostic": "250 2.0.0 delivered",
        "reason": "delivered",
        "explanation": "",
        "reporting_mta": "mx.example.net",
        "remote_mta": "mx2.example.net",
        "final_recipient": "someone@example.net",
        "original_recipient": "someone@example.net",
        "arrival": "2026-11-22T10:05:55Z",
        "last_attempt": "2026-11-22T10:06:00Z",
        "will_retry_until": None,
        "evidence": "reported",
        "matched_by": "return_path",
    }


def test_it_launches_the_application_with_the_receipt(recipient: Recipient) -> None:
    arrive(report(recipient, "failed"), way_back(recipient))
    assert Session.objects.get().type == Session.Type.RECEIPT


@pytest.mark.parametrize(
    ("message_types", "application_url"), [(MessageTypes.REGULAR, "http://127.0.0.1:9/"), (MessageTypes.DELIVERY, "")]
)
def test_it_launches_nothing_that_wants_no_receipts(zone: Zone, message_types: str, application_url: str) -> None:
    application = factories.make_application(zone, message_types=message_types, application_url=application_url)
    message = factories.make_message(zone, application=application, recipient={"state": State.SENT})
    recipient = message.recipients.get()
    arrive(report(recipient, "failed"), way_back(recipient))
    assert state(recipient) == State.BOUNCED
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("action", "expected", "evidence", "type"),
    [
        ("delivered", State.DELIVERED, Evidence.REPORTED, "email.delivered"),
        ("relayed", State.RELAYED, Evidence.RELAYED, "email.relayed"),
        ("failed", State.BOUNCED, Evidence.REPORTED, "email.bounced"),
        ("delayed", State.SENT, Evidence.ACCEPTED, "email.delayed"),
        ("expanded", State.SENT, Evidence.REPORTED, "email.expanded"),
    ],
)
def test_it_lets_each_action_have_its_effect(
    recipient: Recipient, action: str, expected: State, evidence: Evidence, type: str
) -> None:
    arrive(report(recipient, action), way_back(recipient))
    assert (state(recipient), DeliveryReceipt.objects.get().evidence) == (expected, evidence)
    assert told() == [type]


def test_it_says_that_nobody_will_tell_more_of_a_relayed_mail(recipient: Recipient) -> None:
    arrive(report(recipient, "relayed"), way_back(recipient))
    assert "nobody will tell us more" in DeliveryReceipt.objects.get().note
    assert "nobody will tell us more" in recipient.events.get(type="relayed").data["why"]


def test_it_believes_a_report_that_overtakes_our_own_write_of_sent(application: Application) -> None:
    sending = {"state": State.SENDING, "attempts": 1}
    recipient = factories.make_message(application.zone, application=application, recipient=sending).recipients.get()
    arrive(report(recipient, "delivered"), way_back(recipient))
    assert state(recipient) == State.DELIVERED
    assert recipient.due_at is None


def test_it_lets_a_later_failure_win_over_delivered(recipient: Recipient) -> None:
    arrive(report(recipient, "delivered", name="1"), way_back(recipient))
    arrive(report(recipient, "failed", name="2"), way_back(recipient))
    assert state(recipient) == State.BOUNCED
    assert told() == ["email.delivered", "email.bounced"]


def test_it_records_a_success_after_a_bounce_and_moves_nothing(recipient: Recipient) -> None:
    arrive(report(recipient, "failed", name="1"), way_back(recipient))
    arrive(report(recipient, "delivered", name="2"), way_back(recipient))
    late = DeliveryReceipt.objects.get(action="delivered")
    assert (late.recipient, late.applied, late.note) == (recipient, False, "bounced cannot become delivered")
    assert (state(recipient), told()) == (State.BOUNCED, ["email.bounced"])


@pytest.mark.parametrize("action", ["failed", "delayed"])
def test_it_records_a_report_that_comes_twice_and_tells_it_once(recipient: Recipient, action: str) -> None:
    arrive(report(recipient, action, name="1"), way_back(recipient))
    arrive(report(recipient, action, name="2"), way_back(recipient))
    assert sorted(DeliveryReceipt.objects.values_list("applied", flat=True)) == [False, True]
    assert (len(told()), Session.objects.count()) == (1, 1)


def test_it_moves_nothing_on_a_forged_return_path(recipient: Recipient) -> None:
    inbound = arrive(report(recipient, "failed"), forged(way_back(recipient)))
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.recipient, receipt.application, inbound.application) == (None, None, None)
    assert (receipt.applied, receipt.matched_by, receipt.evidence) == (False, MatchedBy.NOTHING, Evidence.NONE)
    assert (state(recipient), told(), Session.objects.count()) == (State.SENT, [], 0)


@pytest.mark.parametrize(
    ("cut", "way"),
    [
        (b"nothing cut", "its envelope id"),
        (b"Original-Envelope-Id", "the Message-ID it returns"),
    ],
)
def test_it_shows_a_forged_report_beside_its_likely_recipient(recipient: Recipient, cut: bytes, way: str) -> None:
    arrive(report(recipient, "failed").replace(cut, b"X-Cut"), forged(way_back(recipient)))
    receipt = DeliveryReceipt.objects.get()
    assert receipt.likely_recipient == recipient
    assert f"By {way} it would speak of someone@example.net." in receipt.note


def test_it_finds_the_likely_recipient_by_our_own_header(recipient: Recipient) -> None:
    header = f"X-EPM-Message-Id: {recipient.message.pk}\r\nX-Cut:".encode()
    raw = report(recipient, "failed").replace(b"Original-Envelope-Id", b"X-Cut")
    arrive(raw.replace(b"Message-ID: <" + str(recipient.message.pk).encode(), header), "bounces@example.com")
    assert DeliveryReceipt.objects.get().likely_recipient == recipient


def test_it_suggests_nobody_for_an_address_the_mail_never_went_to(recipient: Recipient) -> None:
    arrive(report(recipient, "failed", address="stranger@example.net"), forged(way_back(recipient)))
    receipt = DeliveryReceipt.objects.get()
    assert receipt.likely_recipient is None
    assert "Nothing in it points to a mail of ours" in receipt.note


def test_it_believes_a_signed_return_path_whatever_address_the_report_names(recipient: Recipient) -> None:
    arrive(report(recipient, "failed", address="forwarded@elsewhere.example"), way_back(recipient))
    assert state(recipient) == State.BOUNCED
    assert DeliveryReceipt.objects.get().final_recipient == "forwarded@elsewhere.example"


def test_it_survives_a_return_path_in_capitals(recipient: Recipient) -> None:
    arrive(report(recipient, "failed"), way_back(recipient).upper())
    assert state(recipient) == State.BOUNCED


def test_it_records_every_block_of_a_report_for_the_recipient_it_came_back_to(recipient: Recipient) -> None:
    arrive(report(recipient, "delayed", "failed"), way_back(recipient))
    receipts = DeliveryReceipt.objects.order_by("position").values_list("position", "action", "recipient")
    assert list(receipts) == [(0, "delayed", recipient.pk), (1, "failed", recipient.pk)]
    assert told() == ["email.delayed", "email.bounced"]


def test_it_keeps_a_report_of_a_recipient_that_is_no_longer_stored(recipient: Recipient) -> None:
    address, raw = way_back(recipient), report(recipient, "failed")
    recipient.message.delete()
    arrive(raw, address)
    assert "no longer stored" in DeliveryReceipt.objects.get().note


def test_it_puts_a_report_cut_off_before_its_recipients_in_quarantine(recipient: Recipient) -> None:
    raw = report(recipient, "failed")
    inbound = arrive(raw[: raw.index(b"Final-Recipient")], way_back(recipient))
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.recipient, receipt.likely_recipient) == (None, recipient)
    assert (state(recipient), inbound.problem) == (State.SENT, receipt.note)


def test_it_makes_no_receipt_of_a_regular_mail_to_a_return_path(recipient: Recipient) -> None:
    inbound = arrive(regular(way_back(recipient)), way_back(recipient), "customer@example.net")
    assert (inbound.kind, DeliveryReceipt.objects.count(), state(recipient)) == ("regular", 0, State.SENT)
    assert inbound.problem == "A regular mail to a return path: nobody reads those."


def test_it_stores_what_no_column_of_text_can_hold(recipient: Recipient) -> None:
    raw = report(recipient, "failed").replace(b"user unknown", b"user \x00 \xed\xa0\x80" + b"x" * 3000)
    arrive(raw.replace(b"mx.example.net\r\nOriginal", b"m" * 900 + b"\r\nOriginal"), way_back(recipient))
    receipt = DeliveryReceipt.objects.get()
    assert (len(receipt.reporting_mta), "\0" in receipt.diagnostic) == (255, False)
    assert state(recipient) == State.BOUNCED


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("postfix-01-delivered", State.DELIVERED),
        ("postfix-04-failed", State.BOUNCED),
        ("postfix-05-delivered-relayed", State.DELIVERED),
        ("postfix-08-delayed", State.SENT),
        ("postfix-10-relayed", State.RELAYED),
        ("postfix-12-failed-utf8", State.BOUNCED),
        ("exim-01-failed", State.BOUNCED),
        ("exim-03-delivered", State.RELAYED),  # its notice says: to a mailer that makes no reports
    ],
)
def test_it_takes_the_reports_of_real_servers(recipient: Recipient, name: str, expected: State) -> None:
    inbound = arrive(sample(name), way_back(recipient))
    assert (inbound.kind, inbound.problem, state(recipient)) == ("delivery_report", "", expected)


def unsigned(recipient: Recipient, *without: str) -> bytes:
    """A report about the recipient's mail without our return path in it, and without these fields."""
    raw = report(recipient, "failed").replace(way_back(recipient).encode(), b"orders@example.com")
    for field in without:
        raw = raw.replace(field.encode(), b"X-Other")
    return raw


@pytest.fixture
def believer(recipient: Recipient) -> Recipient:
    """The recipient of a mail whose application believes reports without our signature."""
    Application.objects.update(believe_unsigned=True)
    return recipient


@pytest.mark.parametrize(("without", "key"), [((), MatchedBy.ENVID), (("Original-Envelope-Id",), MatchedBy.MESSAGE_ID)])
def test_it_believes_an_unsigned_report_where_the_application_says_so(
    believer: Recipient, without: tuple[str, ...], key: MatchedBy
) -> None:
    arrive(unsigned(believer, *without), "orders@example.com")
    assert (state(believer), DeliveryReceipt.objects.get().matched_by) == (State.BOUNCED, key)


def test_it_believes_no_unsigned_report_by_itself(recipient: Recipient) -> None:
    arrive(unsigned(recipient), "orders@example.com")
    assert (state(recipient), DeliveryReceipt.objects.get().recipient) == (State.SENT, None)


def test_it_believes_no_unsigned_report_that_names_somebody_else(believer: Recipient) -> None:
    arrive(unsigned(believer).replace(b"someone@example.net", b"other@example.net"), "orders@example.com")
    assert (state(believer), DeliveryReceipt.objects.get().recipient) == (State.SENT, None)


def test_it_believes_no_unsigned_report_that_names_no_mail(believer: Recipient) -> None:
    arrive(unsigned(believer, "Original-Envelope-Id", "Message-ID"), "orders@example.com")
    assert (state(believer), DeliveryReceipt.objects.get().recipient) == (State.SENT, None)
