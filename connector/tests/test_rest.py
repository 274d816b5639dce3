import base64
from datetime import UTC, datetime

import pytest
from epm_connector import Attachment, ConnectorError, Email, EmailNotificationConnector, Launched, Recipient, Sent, To
from stub import ACCEPTED, Platform

EMAIL = Email(sender="shop@example.com", to="jo@example.net", subject="Hello", body="Hello Jo")


def test_it_sends(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.answer(202, ACCEPTED)
    recipient = Recipient("r-1", "jo@example.net", "to", "queued", ("FAILURE",))
    notification = "The notification URL of main:orders will be told."
    assert connector.send(EMAIL) == Sent("m-1", "main:orders", (recipient,), notification)


def test_it_says_who_it_is(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.answer(202, ACCEPTED)
    connector.send(EMAIL)
    assert platform.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"epm_1:s3cret").decode()


def test_it_leaves_out_what_was_left_empty(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.answer(202, ACCEPTED)
    connector.send(EMAIL)
    names = {"from", "to", "subject", "body", "applicationName", "requestTimeout", "idempotencyKey"}
    assert platform.asked[0].json().keys() == names


def test_it_hands_over_everything(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.answer(202, ACCEPTED)
    connector.send(
        Email(
            sender="shop@example.com",
            to=["jo@example.net"],
            cc="al@example.net",
            html="<p>Hello</p>",
            attachments=[Attachment("a.txt", b"text", "text/plain"), "https://example.com/b.pdf"],
            headers={"X-Campaign": "a"},
            parameters={"notify": "SUCCESS", "tag": ["a"], "sendAt": datetime(2027, 1, 1, tzinfo=UTC)},
            ucid="u",
            session_id="s",
            idempotency_key="k",
        )
    )
    asked = platform.asked[0].json()
    assert asked["attachments"][0] == {"fileName": "a.txt", "contentType": "text/plain", "content": "dGV4dA=="}
    assert asked["attachments"][1] == {"url": "https://example.com/b.pdf"}
    assert (asked["cc"], asked["html"], asked["notify"], asked["tag"]) == (
        ["al@example.net"],
        "<p>Hello</p>",
        "SUCCESS",
        ["a"],
    )
    assert datetime.fromisoformat(asked["sendAt"]) == datetime(2027, 1, 1, tzinfo=UTC)
    assert (asked["ucid"], asked["sessionID"], asked["idempotencyKey"]) == ("u", "s", "k")


def test_it_says_more_of_a_recipient(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.answer(202, ACCEPTED)
    plain, full = To("al@example.net"), To("jo@example.net", "Jo", ["SUCCESS"], "rfc822;jo@x.example", {"a": "b"}, {})
    connector.send(Email(sender="shop@example.com", to=["b@example.net", plain, full]))
    assert platform.asked[0].json()["to"] == [
        "b@example.net",
        {"address": "al@example.net"},
        {
            "address": "jo@example.net",
            "name": "Jo",
            "notify": ["SUCCESS"],
            "orcpt": "rfc822;jo@x.example",
            "metadata": {"a": "b"},
            "substitutions": {},
        },
    ]


def test_it_keeps_one_key_for_a_batch(platform: Platform, connector: EmailNotificationConnector) -> None:
    problem = {"code": "no_recipients", "detail": "Nobody.", "field": "to", "retryable": False}
    results = [{"index": 0, "recipient": None, "email": None, "problem": problem}]
    platform.answer(200, {"accepted": 0, "refused": 1, "results": results})
    batch = connector.send_batch([EMAIL], idempotency_key="k-1")
    asked = platform.asked[0]
    assert (asked.path, asked.json()["idempotencyKey"], asked.json()["applicationName"]) == (
        *("/api/v1/emails/batch", "k-1"),
        "orders",
    )
    (result,) = batch.results
    assert result.error is not None
    assert (batch.refused, result.sent, result.error.code, result.error.field) == (1, None, "no_recipients", "to")


def test_it_follows_events_by_their_cursor(
    platform: Platform, connector: EmailNotificationConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    monkeypatch.setattr("epm_connector.email.sleep", paused.append)
    monkeypatch.setattr("epm_connector.email.monotonic", lambda: 0.0)
    told = {"id": "e-1", "type": "email.sent", "timestamp": "2027-01-01T00:00:00Z", "application": "orders"}
    platform.answer(200, {"events": [], "next": "1-a"})
    platform.answer(200, {"events": [{**told, "zone": "main", "sequence": 1}], "next": "2-b"})
    page = next(connector.follow("0-z", type="email.sent"))
    assert ([event.id for event in page.events], page.next, paused) == (["e-1"], "2-b", [1.0])
    assert [asked.path for asked in platform.asked] == [
        f"/api/v1/events?application=orders&after={after}&limit=200&type=email.sent&wait=20" for after in ("0-z", "1-a")
    ]


def test_it_launches(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.answer(201, {"session_id": "s-1"})
    assert connector.launch(EMAIL, {"step": "1"}, parent_id="p") == Launched("s-1")
    asked = platform.asked[0]
    assert (asked.path, asked.json()["appParameters"], asked.json()["parentID"]) == (
        "/api/v1/launches",
        {"step": "1"},
        "p",
    )


def test_it_asks_for_an_id_as_it_was_given(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.refuse(404, "not_found")
    with pytest.raises(ConnectorError):
        connector.status("../emails?x")
    assert platform.asked[0].path == "/api/v1/emails/..%2Femails%3Fx"


def test_it_tells_why_it_was_refused(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.refuse(403, "sender_not_allowed", field="from")
    with pytest.raises(ConnectorError) as refusal:
        connector.send(EMAIL)
    error = refusal.value
    assert (error.code, error.field, error.detail, error.retryable) == ("sender_not_allowed", "from", "Why.", False)
    assert str(error) == "sender_not_allowed (from): Why."


def test_it_names_the_incident(platform: Platform, connector: EmailNotificationConnector) -> None:
    platform.refuse(500, "internal", incident="i-1")
    with pytest.raises(ConnectorError) as refusal:
        connector.send(EMAIL)
    assert refusal.value.incident == "i-1"


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"[]", b"{}", b""])
def test_it_knows_a_stranger(platform: Platform, connector: EmailNotificationConnector, body: bytes) -> None:
    platform.answer(404, body)
    with pytest.raises(ConnectorError) as refusal:
        connector.send(EMAIL)
    assert refusal.value.code == "unexpected_answer"


def test_it_refuses_a_field_given_as_a_parameter() -> None:
    with pytest.raises(ConnectorError, match="subject"):
        Email(sender="a@example.com", to="b@example.com", parameters={"subject": "x"})


def test_it_knows_two_protocols_only() -> None:
    with pytest.raises(ValueError, match="rest or soap"):
        EmailNotificationConnector("http://127.0.0.1:9", "x", "y", protocol="grpc")
