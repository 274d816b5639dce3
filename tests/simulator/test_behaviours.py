"""Every behaviour once, over real sockets."""

import smtplib
import time

import pytest

from email_processor.simulator import RunningWorld, behaviour_of, describe, help_page
from tests.simulator.tools import MAIL, RETURN_PATH, Client, Envelope, actions, parsed, status_blocks

ALL = "NOTIFY=SUCCESS,FAILURE,DELAY"


@pytest.mark.parametrize(
    ("local_part", "reply"),
    [
        ("delivered", "250 2.0.0"),
        ("anna", "250 2.0.0"),
        ("refused", "550 5.1.1"),
        ("full-now", "452 4.2.2"),
        ("deferred", "451 4.7.1"),
        ("busy", "421 4.3.2"),
        ("busy-once", "421 4.3.2"),
        ("spam", "554 5.7.1"),
    ],
)
def test_it_answers_at_the_door(client: Client, local_part: str, reply: str) -> None:
    code, text = client.send(local_part)
    assert f"{code} {text}".startswith(reply)


@pytest.mark.parametrize(
    ("local_part", "follows"),
    [
        ("delivered", ["delivered"]),
        ("bounce", ["failed"]),
        ("unknown", ["failed"]),
        ("full", ["failed"]),
        ("delayed", ["delayed", "delivered"]),
        ("relayed", ["relayed"]),
        ("expanded", ["expanded", "delivered", "delivered"]),
        ("late", ["delivered"]),
        ("late-bounce", ["failed"]),
        ("turncoat", ["delivered", "failed"]),
        ("slow", ["delivered"]),
        ("exim-style", ["failed"]),
        ("postfix-style", ["failed"]),
        ("exchange-style", ["failed"]),
        ("sendmail-style", ["failed"]),
    ],
)
def test_it_reports_afterwards(client: Client, home: RunningWorld, local_part: str, follows: list[str]) -> None:
    client.send(local_part, ALL)
    # The members of a list share a report.
    assert actions(home.wait_for_mail(len(set(follows)))) == follows


@pytest.mark.parametrize("local_part", ["bounce+order.7", "bounce.anna", "BOUNCE", '"bounce"'])
def test_it_reads_the_behaviour_before_a_tag_or_dot(local_part: str) -> None:
    assert behaviour_of(f"{local_part}@any.example").name == "bounce"


def test_it_defers_an_envelope_once_only(client: Client) -> None:
    assert [client.send("deferred")[0], client.send("deferred")[0]] == [451, 250]


def test_it_defers_another_envelope_of_the_same_sender(client: Client) -> None:
    assert [client.send("deferred", mail=(f"ENVID={n}",))[0] for n in (1, 2)] == [451, 451]


def test_it_is_busy_to_a_busy_sender_at_once(client: Client) -> None:
    assert client.send("anna", sender="busy@epm.example")[0] == 421


def test_it_closes_after_421(client: Client) -> None:
    with client.connect() as smtp:
        smtp.mail(RETURN_PATH)
        smtp.docmd("RCPT TO:<busy@there.example>")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.noop()


def test_it_takes_its_time_when_slow(client: Client) -> None:
    before = time.monotonic()
    client.send("slow")
    assert time.monotonic() - before >= 0.2


def test_it_breaks_off_inside_data_and_takes_nothing(client: Client, world: RunningWorld) -> None:
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.send("drop-data")
    assert world.count == 0


def test_it_breaks_off_after_the_dot_with_the_mail_taken(client: Client, world: RunningWorld) -> None:
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.send("drop-dot")
    assert world.wait_for_mail(1)[0].content == MAIL


@pytest.mark.parametrize("local_part", ["drop-data-once", "drop-dot-once"])
def test_it_takes_the_mail_after_breaking_off_once(client: Client, local_part: str) -> None:
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.send(local_part)
    assert client.send(local_part)[0] == 250


def test_it_stays_silent(client: Client, home: RunningWorld) -> None:
    client.send("silent", ALL)
    client.send("late", ALL)
    (report,) = home.wait_for_mail(1)
    assert status_blocks(report)[1]["Final-Recipient"] == "rfc822; late@there.example"


def test_it_complains_to_the_return_path(client: Client, home: RunningWorld) -> None:
    client.send("complaint")
    (mail,) = home.wait_for_mail(1)
    assert mail.rcpt_tos == (RETURN_PATH,)
    assert parsed(mail).get_param("report-type") == "feedback-report"
    assert b"Feedback-Type: abuse\r\n" in mail.content


def test_it_reads_only_when_asked(client: Client, home: RunningWorld) -> None:
    client.send("read")
    client.content = b"Disposition-Notification-To: Shop <receipts@epm.example>\r\n" + MAIL
    client.send("read")
    (mail,) = home.wait_for_mail(1)
    assert mail.rcpt_tos == ("receipts@epm.example",)
    assert b"Disposition: manual-action/MDN-sent-manually; displayed" in mail.content


def test_it_is_on_vacation(client: Client, home: RunningWorld) -> None:
    client.send("vacation")
    answer = parsed(home.wait_for_mail(1)[0])
    assert (answer["Auto-Submitted"], answer["In-Reply-To"]) == ("auto-replied (vacation)", "<order-1@epm.example>")


def test_it_answers_no_automatic_mail_from_vacation(client: Client, home: RunningWorld) -> None:
    client.content = b"Auto-Submitted: auto-generated\r\n" + MAIL
    client.send("vacation")
    client.send("late", ALL)
    assert actions(home.wait_for_mail(1)) == ["delivered"]


def test_it_replies_as_a_person_does(client: Client, home: RunningWorld) -> None:
    client.send("reply")
    (mail,) = home.wait_for_mail(1)
    assert (mail.mail_from, mail.rcpt_tos) == ("reply@there.example", ("shop@epm.example",))
    assert parsed(mail)["Subject"] == "Re: Your order"


def test_it_tells_the_truth_in_the_diagnostic_alone_as_exim_does(client: Client, home: RunningWorld) -> None:
    client.send("exim-style")
    block = status_blocks(home.wait_for_mail(1)[0])[1]
    assert block["Status"] == "5.0.0"
    assert "550 5.1.1" in str(block["Diagnostic-Code"])


def test_it_writes_bare_text_as_qmail_does(client: Client, home: RunningWorld) -> None:
    client.send("qmail-style")
    report = parsed(home.wait_for_mail(1)[0])
    assert not report.is_multipart()
    assert report.get_content().startswith("Hi. This is the")


def test_it_gives_the_members_of_a_list_as_final_recipients(client: Client, home: RunningWorld) -> None:
    client.send("expanded", ALL, "ORCPT=rfc822;list@there.example")
    blocks = status_blocks(home.wait_for_mail(2)[1])[1:]
    assert [block["Final-Recipient"] for block in blocks] == [
        "rfc822; first-member@there.example",
        "rfc822; second-member@there.example",
    ]
    assert {block["Original-Recipient"] for block in blocks} == {"rfc822; list@there.example"}


def test_it_puts_recipients_of_the_same_fate_into_one_report(client: Client, home: RunningWorld) -> None:
    with client.connect() as smtp:
        smtp.sendmail(RETURN_PATH, ["bounce+1@there.example", "bounce+2@there.example"], MAIL)
    assert actions(home.wait_for_mail(1)) == ["failed", "failed"]


def test_it_uses_the_types_of_rfc_6533_for_a_utf8_recipient(client: Client, home: RunningWorld) -> None:
    orcpt = r"ORCPT=utf-8;bounce+2Bj\x{FC}rgen@there.example"
    client.send_to("bounce+jürgen@there.example", Envelope(mail=("SMTPUTF8",), rcpt=(orcpt,)))
    (mail,) = home.wait_for_mail(1)
    assert b"Content-Type: message/global-delivery-status" in mail.content
    assert "Final-Recipient: utf-8; bounce+jürgen@there.example".encode() in mail.content
    assert "Original-Recipient: utf-8; bounce+jürgen@there.example".encode() in mail.content


def test_it_describes_every_behaviour() -> None:
    page = help_page()
    assert all(behaviour.help and behaviour.name in page for behaviour in describe())
