"""What RFC 3461 and RFC 3464 ask of reports."""

import pytest

from email_processor.simulator import RunningWorld
from tests.simulator.tools import MAIL, RETURN_PATH, Client, actions, parsed, part_of, status_blocks


@pytest.mark.parametrize(
    ("notify", "local_part", "follows"),
    [
        ("", "delivered", []),
        ("", "bounce", ["failed"]),
        ("", "delayed", []),
        ("", "relayed", []),
        ("NOTIFY=NEVER", "bounce", []),
        ("NOTIFY=NEVER", "delivered", []),
        ("NOTIFY=SUCCESS", "delivered", ["delivered"]),
        ("NOTIFY=SUCCESS", "bounce", []),
        ("NOTIFY=SUCCESS", "delayed", ["delivered"]),
        ("NOTIFY=FAILURE", "delivered", []),
        ("NOTIFY=FAILURE", "bounce", ["failed"]),
        ("NOTIFY=DELAY", "delayed", ["delayed"]),
        ("NOTIFY=DELAY", "bounce", []),
        ("notify=success,failure", "bounce", ["failed"]),
    ],
)
def test_it_reports_what_notify_asks_for_and_nothing_else(
    client: Client, home: RunningWorld, notify: str, local_part: str, follows: list[str]
) -> None:
    client.send(local_part, *filter(None, [notify]))
    # Due after all that could follow, so what came home before it is all that will come.
    client.send("late-bounce", "NOTIFY=FAILURE")
    assert actions(home.wait_for_mail(len(follows) + 1)) == [*follows, "failed"]


@pytest.mark.parametrize("local_part", ["bounce", "complaint", "vacation", "reply"])
def test_it_sends_nothing_to_the_null_sender(client: Client, home: RunningWorld, local_part: str) -> None:
    client.send(local_part, "NOTIFY=SUCCESS,FAILURE,DELAY", sender="")
    client.send("late-bounce")
    assert actions(home.wait_for_mail(1)) == ["failed"]


def test_it_sends_reports_from_the_null_sender_to_the_return_path_as_it_was(client: Client, home: RunningWorld) -> None:
    client.send("bounce", sender='"Odd path"+X@EPM.example')
    (report,) = home.wait_for_mail(1)
    assert (report.mail_from, report.rcpt_tos) == ("", ('"Odd path"+X@EPM.example',))


def test_it_is_a_multipart_report_of_three_parts(client: Client, home: RunningWorld) -> None:
    client.send("bounce")
    report = parsed(home.wait_for_mail(1)[0])
    assert (report.get_content_type(), report.get_param("report-type")) == ("multipart/report", "delivery-status")
    assert [part.get_content_type() for part in report.iter_parts()] == [
        "text/plain",
        "message/delivery-status",
        "message/rfc822",
    ]


def test_it_gives_envid_and_orcpt_back_decoded(client: Client, home: RunningWorld) -> None:
    client.send("bounce", "ORCPT=rfc822;anna+2Bx@there.example", mail=("ENVID=m+2B1",))
    message, recipient = status_blocks(home.wait_for_mail(1)[0])
    assert message["Original-Envelope-Id"] == "m+1"
    assert recipient["Original-Recipient"] == "rfc822; anna+x@there.example"


def test_it_gives_the_fields_of_rfc_3464(client: Client, home: RunningWorld) -> None:
    client.send("full")
    message, recipient = status_blocks(home.wait_for_mail(1)[0])
    assert message["Reporting-MTA"] == "dns; mx.simulated.example"
    assert (recipient["Final-Recipient"], recipient["Status"]) == ("rfc822; full@there.example", "5.2.2")
    assert str(recipient["Diagnostic-Code"]).startswith("smtp; 552 5.2.2")


def test_it_says_until_when_a_delayed_mail_is_tried(client: Client, home: RunningWorld) -> None:
    client.send("delayed", "NOTIFY=DELAY")
    assert status_blocks(home.wait_for_mail(1)[0])[1]["Will-Retry-Until"]


@pytest.mark.parametrize(
    ("local_part", "mail", "content_type"),
    [
        ("bounce", (), "message/rfc822"),
        ("bounce", ("RET=FULL",), "message/rfc822"),
        ("bounce", ("RET=HDRS",), "text/rfc822-headers"),
        ("delivered", ("RET=FULL",), "text/rfc822-headers"),
    ],
)
def test_it_returns_what_ret_asks_for(
    client: Client, home: RunningWorld, local_part: str, mail: tuple[str, ...], content_type: str
) -> None:
    client.send(local_part, "NOTIFY=SUCCESS,FAILURE", mail=mail)
    assert part_of(home.wait_for_mail(1)[0], content_type)


def test_it_returns_the_headers_alone_for_hdrs(client: Client, home: RunningWorld) -> None:
    client.send("bounce", mail=("RET=HDRS",))
    returned = part_of(home.wait_for_mail(1)[0], "text/rfc822-headers").get_payload()
    assert "order-1@epm.example" in str(returned)
    assert "Hello Anna" not in str(returned)


@pytest.mark.parametrize(
    "style", ["bounce", "exim-style", "postfix-style", "qmail-style", "exchange-style", "sendmail-style"]
)
def test_it_writes_every_style_without_defects(client: Client, home: RunningWorld, style: str) -> None:
    client.send(style)
    report = parsed(home.wait_for_mail(1)[0])
    assert [part.defects for part in report.walk() if part.defects] == []
    assert report["To"] == RETURN_PATH


def test_it_returns_a_utf8_mail_whole(client: Client, home: RunningWorld) -> None:
    client.content = MAIL.replace(b"Your order", "Deine Bestellung für März".encode())
    client.send("bounce", mail=("SMTPUTF8", "BODY=8BITMIME"))
    assert "Deine Bestellung für März".encode() in home.wait_for_mail(1)[0].content
