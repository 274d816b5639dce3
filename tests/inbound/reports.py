"""Mails that come in: delivery reports, real and made, and what is no report."""

from pathlib import Path

from email_processor.inbound import intake
from email_processor.models import InboundMessage, Recipient
from email_processor.outbound import return_path

SAMPLES = Path(__file__).parent.parent / "dsn" / "samples"

HEAD = """From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to}
Subject: Delivery Status Notification
Message-ID: <{name}@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain

This is the mail system at mx.example.net.

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Original-Envelope-Id: {envid}
Arrival-Date: Sun, 22 Nov 2026 10:05:55 +0000
"""
BLOCK = """
Final-Recipient: rfc822; {address}
Original-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Remote-MTA: dns; mx2.example.net
Diagnostic-Code: smtp; {diagnostic}
Last-Attempt-Date: Sun, 22 Nov 2026 10:06:00 +0000
"""
TAIL = """
--=_b
Content-Type: text/rfc822-headers

From: shop@example.com
To: {address}
Message-ID: {message_id_header}
Subject: Hello

--=_b--
"""
WORDS = {
    "failed": ("5.1.1", "550 5.1.1 user unknown"),
    "delivered": ("2.0.0", "250 2.0.0 delivered"),
    "relayed": ("2.0.0", "250 2.0.0 relayed"),
    "delayed": ("4.2.2", "452 4.2.2 mailbox full"),
    "expanded": ("2.0.0", "250 2.0.0 list"),
}


def report(recipient: Recipient, *actions: str, address: str = "", name: str = "report") -> bytes:
    """A delivery report about a mail to `recipient`, with a block for each action; `address` is whom the blocks speak of."""
    about = {"address": address or recipient.address}
    blocks = [
        BLOCK.format(action=action, status=WORDS[action][0], diagnostic=WORDS[action][1], **about) for action in actions
    ]
    head = HEAD.format(to=way_back(recipient), name=name, envid=recipient.message.envid)
    tail = TAIL.format(message_id_header=recipient.message.message_id_header, **about)
    return (head + "".join(blocks) + tail).replace("\n", "\r\n").encode()


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


def regular(to: str, text: str = "Where is my order?") -> bytes:
    mail = f"From: customer@example.net\nTo: {to}\nSubject: Order\nMessage-ID: <1@example.net>\n\n{text}\n"
    return mail.replace("\n", "\r\n").encode()


def way_back(recipient: Recipient) -> str:
    """The recipient's signed return path."""
    return return_path.sign(recipient.pk, recipient.message.return_path_domain)


def forged(address: str) -> str:
    """The return path with one character of its signature changed."""
    local, _, domain = address.partition("@")
    return f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"


def arrive(raw: bytes, rcpt_to: str, mail_from: str = "") -> InboundMessage:
    """Take in a mail and settle everything that is due; answers its row as it is then."""
    inbound = intake.take_in(raw, mail_from=mail_from, rcpt_to=rcpt_to, source=InboundMessage.Source.SMTP)
    intake.classify_due()
    inbound.refresh_from_db()
    return inbound
