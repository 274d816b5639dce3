"""Delivery reports as mail servers write them: values in, the bytes of a mail out.

RFC 3464 (message/delivery-status), RFC 6522 (multipart/report), RFC 6533 (message/global-delivery-status), RFC 3461 4.3
(what RET means), and the bare text of QSBMF. Lines end in CRLF. UTF-8 stands as it is: such a mail needs 8BITMIME, and
SMTPUTF8 where its headers hold it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_string, policy
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from email_processor.simulator.behaviours import Action, Style
from email_processor.simulator.envelope import OriginalRecipient

_PAST = {
    Action.DELIVERED: "has been delivered",
    Action.FAILED: "could not be delivered",
    Action.DELAYED: "has not been delivered yet; we keep trying",
    Action.RELAYED: "went on to a server that makes no delivery reports",
    Action.EXPANDED: "went to a list and was sent to its members",
}


@dataclass(frozen=True, slots=True)
class RecipientBlock:
    """One recipient in a report (RFC 3464, 2.3); times in UTC."""

    final: str
    action: Action
    status: str
    diagnostic: str
    original: OriginalRecipient | None
    retry_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All a report says. `token` is unique: it makes the Message-ID and the boundary.

    `returned` is the original mail, or its headers alone (`full` tells which).
    """

    reporting_mta: str
    return_path: str
    token: str
    arrived_at: datetime
    envelope_id: str | None
    recipients: tuple[RecipientBlock, ...]
    returned: bytes
    full: bool
    style: Style = Style.STANDARD

    @property
    def utf8(self) -> bool:
        """Whether an address in it takes the RFC 6533 types."""
        addresses = [b.final for b in self.recipients] + [b.original.address for b in self.recipients if b.original]
        return not all(address.isascii() for address in addresses)


def build(report: Report, now: datetime) -> bytes:
    """The whole mail in the report's style, dated `now`."""
    return _STYLES[report.style](report, now)


def multipart_report(headers: Iterable[tuple[str, str]], report_type: str, parts: Iterable[bytes], token: str) -> bytes:
    """A multipart/report mail (RFC 6522) of parts made by `part`."""
    boundary = f"=_{token}"
    content_type = f'multipart/report; report-type={report_type}; boundary="{boundary}"'
    head = header_lines([*headers, ("MIME-Version", "1.0"), ("Content-Type", content_type)])
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), one) for one in parts)
    return b"%s\r\n%s--%s--\r\n" % (head, body, boundary.encode())


def part(content_type: str, body: bytes, description: str = "") -> bytes:
    """One MIME part; 8bit where the body needs it."""
    headers = [("Content-Description", description)] if description else []
    headers += [("Content-Type", content_type), ("Content-Transfer-Encoding", "7bit" if body.isascii() else "8bit")]
    return header_lines(headers) + b"\r\n" + body


def header_lines(headers: Iterable[tuple[str, str]]) -> bytes:
    """Header fields, each on a line of its own."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode()


def returned_part(returned: bytes, full: bool, description: str = "") -> bytes:
    """The original mail or its headers, in the type that RFC 6522 or, for UTF-8 headers, RFC 6533 has for it."""
    if returned.partition(b"\r\n\r\n")[0].isascii():
        content_type = "message/rfc822" if full else "text/rfc822-headers"
    else:
        content_type = "message/global" if full else "message/global-headers"
    return part(content_type, returned, description)


def text_part(text: str, content_type: str = "text/plain; charset=utf-8") -> bytes:
    """A text part of lines that end in LF."""
    return part(content_type, text.replace("\n", "\r\n").encode())


def message_id(token: str, host: str) -> str:
    """A Message-ID with its angle brackets."""
    return f"<{token}@{host}>"


def parsed_headers(returned: bytes) -> EmailMessage:
    """The original's headers, decoded."""
    text = returned.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    return message_from_string(text, _class=EmailMessage, policy=policy.default)


def status_fields(report: Report, now: datetime, extra: Iterable[tuple[str, str]] = ()) -> bytes:
    """The body of message/delivery-status: the fields of the message, then a block for each recipient."""
    fields = [("Reporting-MTA", f"dns; {report.reporting_mta}"), *extra]
    if report.envelope_id is not None:
        fields.insert(0, ("Original-Envelope-Id", report.envelope_id))
    fields.append(("Arrival-Date", format_datetime(report.arrived_at)))
    return b"\r\n".join([header_lines(fields), *(header_lines(_recipient_fields(b, now)) for b in report.recipients)])


def _recipient_fields(block: RecipientBlock, attempted_at: datetime) -> Iterable[tuple[str, str]]:
    if block.original is not None:
        yield "Original-Recipient", f"{block.original.type}; {block.original.address}"
    yield "Final-Recipient", f"{'rfc822' if block.final.isascii() else 'utf-8'}; {block.final}"
    yield "Action", block.action
    yield "Status", block.status
    if block.diagnostic:
        yield "Diagnostic-Code", block.diagnostic
    yield "Last-Attempt-Date", format_datetime(attempted_at)
    if block.retry_until is not None:
        yield "Will-Retry-Until", format_datetime(block.retry_until)


def _status_part(report: Report, fields: bytes, description: str = "") -> bytes:
    content_type = "message/global-delivery-status" if report.utf8 else "message/delivery-status"
    return part(content_type, fields, description)


def _headers(report: Report, now: datetime, subject: str, sender: str = "") -> list[tuple[str, str]]:
    return [
        ("From", sender or f"Mail server <mailer-daemon@{report.reporting_mta}>"),
        ("To", f"<{report.return_path}>"),
        ("Subject", subject),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id(report.token, report.reporting_mta)),
        ("Auto-Submitted", "auto-replied"),
    ]


def _lines(report: Report) -> str:
    return "".join(f"  <{b.final}>\n    {_PAST[b.action]}: {b.diagnostic or b.status}\n" for b in report.recipients)


def _standard(report: Report, now: datetime) -> bytes:
    text = f"A report from {report.reporting_mta} about a mail you sent.\n\n{_lines(report)}"
    parts = [
        text_part(text),
        _status_part(report, status_fields(report, now)),
        returned_part(report.returned, report.full),
    ]
    subject = f"Delivery report: {', '.join(dict.fromkeys(b.action.value for b in report.recipients))}"
    return multipart_report(_headers(report, now, subject), _report_type(report), parts, report.token)


def _report_type(report: Report) -> str:
    return "global-delivery-status" if report.utf8 else "delivery-status"


def _exim(report: Report, now: datetime) -> bytes:
    """Exim states 5.0.0 whatever the reason, gives no Original-Envelope-Id and names failures in a header."""
    text = f"This server could not deliver your mail to everyone. Not reached:\n\n{_lines(report)}"
    fields = status_fields(replace(report, envelope_id=None), now)
    headers = [
        ("X-Failed-Recipients", ", ".join(b.final for b in report.recipients)),
        *_headers(report, now, "Mail delivery failed", f"Mail Delivery System <Mailer-Daemon@{report.reporting_mta}>"),
    ]
    parts = [text_part(text), _status_part(report, fields), returned_part(report.returned, report.full)]
    return multipart_report(headers, _report_type(report), parts, report.token)


def _postfix(report: Report, now: datetime) -> bytes:
    """Postfix adds its queue id and sender to the message fields, and describes every part."""
    extra = [("X-Postfix-Queue-ID", report.token[:11].upper()), ("X-Postfix-Sender", f"rfc822; {report.return_path}")]
    text = f"Your mail, as the queue of {report.reporting_mta} sees it:\n\n{_lines(report)}"
    headers = _headers(report, now, "Undelivered mail", f"MAILER-DAEMON@{report.reporting_mta} (Mail Delivery System)")
    parts = [
        part("text/plain; charset=utf-8", text.replace("\n", "\r\n").encode(), "Notification"),
        _status_part(report, status_fields(report, now, extra), "Delivery report"),
        returned_part(report.returned, report.full, "Undelivered Message"),
    ]
    return multipart_report(headers, _report_type(report), parts, report.token)


def _qmail(report: Report, now: datetime) -> bytes:
    """QSBMF, https://cr.yp.to/proto/qsbmf.txt: a paragraph "Hi. This is the", one a recipient, a break line, a copy."""
    paragraphs = "".join(f"<{b.final}>:\n{b.diagnostic.partition('; ')[2]}\n\n" for b in report.recipients)
    opening = f"Hi. This is the mail program at {report.reporting_mta}.\nThese addresses could not be reached.\n\n"
    text = f"{opening}{paragraphs}--- Below this line is a copy of the message.\n\n"
    return_path = header_lines([("Return-Path", f"<{report.return_path}>")])
    body = text.replace("\n", "\r\n").encode() + return_path + report.returned
    headers = _headers(report, now, "failure notice", f"MAILER-DAEMON@{report.reporting_mta}")
    headers = [header for header in headers if header[0] != "Auto-Submitted"]
    if not body.isascii():
        headers += [("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=utf-8")]
        headers += [("Content-Transfer-Encoding", "8bit")]
    return header_lines(headers) + b"\r\n" + body


def _exchange(report: Report, now: datetime) -> bytes:
    """Exchange answers in HTML too, and leaves out what the sender's server said in ENVID and ORCPT."""
    bare = replace(report, envelope_id=None, recipients=tuple(replace(b, original=None) for b in report.recipients))
    rows = "".join(f"<p><b>{escape(b.final)}</b><br>{escape(b.diagnostic)}</p>" for b in report.recipients)
    inner = f"=_alt_{report.token}"
    html = text_part(f"<html><body>{rows}</body></html>\n", "text/html; charset=utf-8")
    first = b"".join(b"--%s\r\n%s\r\n" % (inner.encode(), one) for one in (text_part(_lines(report)), html))
    subject = f"Undeliverable: {_raw_subject(report.returned)}"
    headers = [
        *_headers(report, now, subject, f"postmaster@{report.reporting_mta}"),
        ("X-MS-Exchange-Message-Is-Ndr", ""),
    ]
    parts = [
        part(
            f'multipart/alternative; differences=Content-Type; boundary="{inner}"', first + f"--{inner}--\r\n".encode()
        ),
        _status_part(report, status_fields(bare, now)),
        returned_part(report.returned, report.full),
    ]
    return multipart_report(headers, _report_type(report), parts, report.token)


def _raw_subject(returned: bytes) -> str:
    subject = str(parsed_headers(returned).get("Subject", "")).replace("\r", " ").replace("\n", " ")
    return subject if subject.isascii() else "(a subject in other letters)"


def _sendmail(report: Report, now: datetime) -> bytes:
    """Sendmail shows the SMTP dialogue in the text, with arrows, and names the server it had the mail from."""
    replies = (f">>> RCPT To:<{b.final}>\n<<< {b.diagnostic.partition('; ')[2]}\n" for b in report.recipients)
    dialogue = "".join(replies)
    text = f"  -- Lasting trouble with these addresses --\n{_lines(report)}\n  -- Transcript --\n{dialogue}"
    sender = f"Mail Subsystem <MAILER-DAEMON@{report.reporting_mta}>"
    headers = _headers(report, now, "Returned mail: see the transcript", sender)
    fields = status_fields(report, now, [("Received-From-MTA", f"DNS; {report.reporting_mta}")])
    parts = [text_part(text), _status_part(report, fields), returned_part(report.returned, report.full)]
    return multipart_report(headers, _report_type(report), parts, report.token)


_STYLES: dict[Style, Callable[[Report, datetime], bytes]] = {
    Style.STANDARD: _standard,
    Style.EXIM: _exim,
    Style.POSTFIX: _postfix,
    Style.QMAIL: _qmail,
    Style.EXCHANGE: _exchange,
    Style.SENDMAIL: _sendmail,
}
