"""Reports whose MIME structure, encoding or fields are odd; the mails are made up."""

import base64
import quopri
from dataclasses import dataclass

from email_processor.inbound.dsn import Action

from .families import RETURNED

DAEMON = "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.org>\nTo: us@example.net\n"
ROBOT = "Return-Path: <>\nFrom: System <no-reply@mx.example.org>\nTo: us@example.net\nAuto-Submitted: auto-replied\n"
PERSONAL = "Return-Path: <postmaster@example.org>\nFrom: Postmaster <postmaster@example.org>\nTo: us@example.net\n"
NOTICE = (
    "Your message could not be delivered to the following recipient:\n\nbob@example.com\n\n550 5.1.1 User unknown\n"
)
HTML = "<html><body><p>Your message could not be delivered.</p><table><tr><td>bob@example.com</td></tr>"
STATUS = """\
Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; bob@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown
"""
BOB = ("bob@example.com",)

Part = tuple[str, bytes]
"""Headers of a part, and its encoded body."""


@dataclass(frozen=True)
class Shape:
    """`statuses` beside `addresses`, in the order of the report."""

    name: str
    mail: bytes
    statuses: tuple[str, ...] = ("5.1.1",)
    addresses: tuple[str, ...] = BOB
    action: Action = Action.FAILED


def single(headers: str, kind: str, body: bytes) -> bytes:
    return f"{headers}MIME-Version: 1.0\n{kind}\n\n".encode() + body


def parted(headers: str, kind: str, *parts: Part) -> bytes:
    body = b"".join(b"--=_q\n" + head.encode() + b"\n\n" + text + b"\n" for head, text in parts)
    return single(headers, f'Content-Type: {kind}; boundary="=_q"', body + b"--=_q--\n")


def enclosed(mail: bytes, head: str = "Content-Type: message/rfc822") -> Part:
    return head, mail


TEXT: Part = ("Content-Type: text/plain; charset=utf-8", NOTICE.encode())
FIELDS: Part = ("Content-Type: message/delivery-status", STATUS.encode())
RETURNED_PART: Part = ("Content-Type: message/rfc822", RETURNED.encode())
REPORT = parted(
    DAEMON + "Subject: Undelivered Mail\n", "multipart/report; report-type=delivery-status", TEXT, FIELDS, RETURNED_PART
)
PLAIN_REPORT = single(DAEMON + "Subject: Undelivered Mail\n", "Content-Type: text/plain", NOTICE.encode())


def with_fields(fields: str, text: str = "See the status part.\n") -> bytes:
    return parted(
        DAEMON + "Subject: Delivery report\n",
        "multipart/report; report-type=delivery-status",
        ("Content-Type: text/plain", text.encode()),
        ("Content-Type: message/delivery-status", fields.encode()),
        RETURNED_PART,
    )


SHAPES = (
    Shape(
        "a notice in base64",
        single(
            DAEMON + "Subject: Undelivered Mail\n",
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64",
            base64.encodebytes(NOTICE.encode()),
        ),
    ),
    Shape(
        "a notice in quoted-printable, its lines broken",
        single(
            DAEMON + "Subject: Undelivered Mail\n",
            "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: Quoted-Printable",
            quopri.encodestring(NOTICE.replace("\n", " \n").encode()).replace(b"recipient", b"recip=\nient"),
        ),
    ),
    Shape(
        "a notice in utf-16",
        single(
            DAEMON + "Subject: Undelivered Mail\n",
            "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64",
            base64.encodebytes(NOTICE.encode("utf-16")),
        ),
    ),
    Shape(
        "a notice in utf-16, little end first, without a mark",
        single(
            DAEMON + "Subject: Undelivered Mail\n",
            "Content-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64",
            base64.encodebytes(NOTICE.encode("utf-16-le")),
        ),
    ),
    Shape(
        "a notice in iso-2022-jp",
        single(
            DAEMON + "Subject: =?iso-2022-jp?B?GyRCJSglaSE8JWEhPCVrGyhC?=\n",
            "Content-Type: text/plain; charset=iso-2022-jp",
            "次の宛先にメールを配信できませんでした。\n\nbob@example.com\n550 5.1.1 User unknown\n".encode(
                "iso-2022-jp"
            ),
        ),
    ),
    Shape(
        "a notice in shift_jis, not declared as such",
        single(
            DAEMON + "Subject: Undelivered Mail\n",
            "Content-Type: text/plain",
            "メールを配信できませんでした。\n\n<bob@example.com>: 550 5.1.1 User unknown\n".encode("shift_jis"),
        ),
    ),
    Shape(
        "HTML alone, in a table",
        single(
            DAEMON + "Subject: Delivery failure\n",
            "Content-Type: text/html; charset=utf-8",
            f"{HTML}<tr><td>Reason:&nbsp;550&#32;5.1.1 User unknown</td></tr></table></body></html>".encode(),
        ),
    ),
    Shape(
        "HTML alone, with a link for the address, in base64",
        single(
            DAEMON + "Subject: Delivery failure\n",
            "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64",
            base64.encodebytes(
                b"<div>We could not deliver your message to <a href='mailto:bob@example.com'>bob@example.com</a>.</div>"
                b"<div><b>Server:</b> 550 5.1.1 User unknown</div>"
            ),
        ),
    ),
    Shape(
        "HTML with an empty text beside it",
        parted(
            DAEMON + "Subject: Delivery failure\n",
            "multipart/alternative",
            ("Content-Type: text/plain", b" \n"),
            (
                "Content-Type: text/html",
                f"{HTML}<tr><td>550 5.1.1 User unknown</td></tr></table></body></html>".encode(),
            ),
        ),
    ),
    Shape(
        "called mixed, with a status part",
        parted(DAEMON + "Subject: Undelivered Mail\n", "multipart/mixed", TEXT, FIELDS, RETURNED_PART),
    ),
    Shape(
        "called mixed, the status part a text",
        parted(
            DAEMON + "Subject: Undelivered Mail\n",
            "multipart/mixed",
            TEXT,
            ("Content-Type: text/plain; name=details.txt", STATUS.encode()),
        ),
    ),
    Shape(
        "the status part a file",
        parted(
            DAEMON + "Subject: Undelivered Mail\n",
            "multipart/mixed",
            ("Content-Type: text/plain", b"Delivery failed, the details are attached.\n"),
            (
                "Content-Type: application/octet-stream; name=details.txt\n"
                "Content-Disposition: attachment; filename=details.txt\nContent-Transfer-Encoding: base64",
                base64.encodebytes(STATUS.encode()),
            ),
        ),
    ),
    Shape(
        "the status part in base64",
        parted(
            DAEMON + "Subject: Undelivered Mail\n",
            "multipart/report; report-type=delivery-status",
            TEXT,
            (
                "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64",
                base64.encodebytes(STATUS.encode()),
            ),
        ),
    ),
    Shape(
        "passed on whole by a gateway, without a word",
        parted(ROBOT + "Subject: Forwarded message\n", "multipart/mixed", enclosed(REPORT)),
    ),
    Shape(
        "passed on by a postmaster, with a word",
        parted(
            DAEMON.replace("MAILER-DAEMON", "postmaster") + "Subject: A report for you\n",
            "multipart/mixed",
            ("Content-Type: text/plain", b"This came to the postmaster.\n"),
            enclosed(REPORT),
        ),
    ),
    Shape(
        "a notice without a status part, passed on without a word",
        parted(ROBOT + "Subject: Undelivered Mail\n", "multipart/mixed", enclosed(PLAIN_REPORT)),
    ),
    Shape(
        "a report inside a .eml file",
        parted(
            DAEMON + "Subject: Undelivered Mail\n",
            "multipart/mixed",
            ("Content-Type: text/plain", b"A message could not be delivered, see the attached report.\n"),
            enclosed(
                base64.encodebytes(REPORT),
                'Content-Type: application/octet-stream; name="report.eml"\n'
                "Content-Disposition: attachment; filename=report.eml\nContent-Transfer-Encoding: base64",
            ),
        ),
    ),
    Shape(
        "a report inside a mail in base64",
        parted(
            ROBOT + "Subject: Undelivered Mail\n",
            "multipart/mixed",
            enclosed(base64.encodebytes(REPORT), "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64"),
        ),
    ),
    Shape(
        "a digest of several reports",
        parted(
            DAEMON + "Subject: Digest of delivery failures\n",
            "multipart/digest",
            ("", REPORT.replace(b"=_q", b"=_r")),
            ("", REPORT.replace(b"=_q", b"=_s").replace(b"bob@", b"ann@").replace(b"5.1.1", b"5.2.2")),
        ),
        ("5.1.1", "5.2.2"),
        ("bob@example.com", "ann@example.com"),
    ),
    Shape(
        "several status parts",
        parted(
            DAEMON + "Subject: Undelivered Mail\n",
            "multipart/report; report-type=delivery-status",
            TEXT,
            FIELDS,
            (FIELDS[0], FIELDS[1].replace(b"bob@", b"ann@").replace(b"5.1.1", b"5.2.2")),
        ),
        ("5.1.1", "5.2.2"),
        ("bob@example.com", "ann@example.com"),
    ),
    Shape("no message fields", with_fields(STATUS.partition("\n\n")[2])),
    Shape(
        "no status, the answer tells it",
        with_fields("Final-Recipient: rfc822; bob@example.com\nAction: failed\nDiagnostic-Code: smtp; 550 5.1.1 no\n"),
    ),
    Shape(
        "a status in words only",
        with_fields("Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: permanent failure\n"),
        ("5.0.0",),
    ),
    Shape(
        "a status with a comment",
        with_fields(
            "Final-Recipient: rfc822; bob@example.com\nAction: failed (user gone)\nStatus: 5.1.1 (bad address)\n"
        ),
    ),
    Shape(
        "a status without its dots",
        with_fields(
            "Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 550\nDiagnostic-Code: 550 5.1.1 no\n"
        ),
    ),
    Shape(
        "no action, status of success",
        with_fields("Final-Recipient: rfc822; bob@example.com\nStatus: 2.1.5\n"),
        ("2.1.5",),
        action=Action.DELIVERED,
    ),
    Shape(
        "the recipient without a type",
        with_fields("Final-Recipient: bob@example.com\nAction: failed\nStatus: 5.1.1\n"),
    ),
    Shape(
        "the recipient with a name",
        with_fields('Final-Recipient: rfc822; "Bob B." <bob@example.com>\nAction: failed\nStatus: 5.1.1\n'),
    ),
    Shape(
        "the original recipient alone",
        with_fields("Original-Recipient: rfc822;bob@example.com\nAction: failed\nStatus: 5.1.1\n"),
    ),
    Shape(
        "a recipient of another kind",
        with_fields(
            "Final-Recipient: x400; /S=bob/O=example/\nOriginal-Recipient: rfc822;bob@example.com\nAction: failed\n"
            "Status: 5.1.1\n"
        ),
        addresses=("/S=bob/O=example/",),
    ),
    Shape(
        "the status says x.0.0, the notice the truth",
        with_fields(
            "Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.0.0\n",
            "Your message to bob@example.com was not delivered:\n\n  bob@example.com: 550 5.1.1 no such user\n",
        ),
    ),
    Shape(
        "a blank line after each field",
        with_fields("Final-Recipient: rfc822; bob@example.com\n\nAction: failed\n\nStatus: 5.1.1\n"),
    ),
    Shape(
        "fields folded in the middle of a word",
        with_fields("Final-Recipient: rfc822;\n bob@example.com\nAction:\n failed\nStatus:\n\t5.1.1\n"),
    ),
    Shape("a report whose type is not told", REPORT.replace(b"; report-type=delivery-status", b"")),
    Shape("a boundary that is told wrongly", REPORT.replace(b'boundary="=_q"', b'boundary="other"')),
    Shape("no closing boundary", REPORT.replace(b"--=_q--\n", b"")),
    Shape("a mail without its line ends", REPORT.replace(b"\n", b"\r")),
    Shape("an mbox line before it", b"From MAILER-DAEMON Sun Nov 22 10:00:00 2026\n" + REPORT),
    Shape(
        "the text of a report in one part that a person's program encoded",
        parted(
            DAEMON + "Subject: Undelivered Mail\n",
            "multipart/signed; micalg=sha-256",
            (
                'Content-Type: multipart/report; report-type=delivery-status; boundary="=_i"',
                b"--=_i\nContent-Type: text/plain\n\n" + NOTICE.encode() + b"\n--=_i\n"
                b"Content-Type: message/delivery-status\n\n" + STATUS.encode() + b"\n--=_i--\n",
            ),
            ("Content-Type: application/pkcs7-signature", b"MIAGCSqGSIb3DQEHAqCAMIACAQEx"),
        ),
    ),
)
